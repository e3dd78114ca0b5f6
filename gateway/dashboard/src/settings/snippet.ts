/** What goes into the customer's pages. */

/** Loads the SDK without holding up the page; what is called before it has come is kept and done then. */
export const snippet = (origin: string, key: string): string => `<script>
  window.DAP = window.DAP || function () {
    var call = arguments;
    return new Promise(function (answer) { (DAP.q = DAP.q || []).push([call, answer]); });
  };
  DAP('init', { tenantKey: '${key}', baseUrl: '${origin}' });
</script>
<script async src="${origin}/sdk.js"></script>`;

/** Called once a person is known. */
export const identifySnippet = `DAP('identify', {
  userId: 'your-id-of-the-user',
  traits: { email: 'ada@example.com', plan: 'pro' }
});`;
