/** What goes into the customer's pages; the same as docs/sdk.md says. */

/** Loads the SDK without holding up the page; what is called before it has come is kept and done then. */
export const snippet = (origin: string, key: string): string => `<script>
  (function (w, n) {
    w[n] = w[n] || function () {
      var a = arguments, p = new Promise(function (r, j) {
        (w[n].q = w[n].q || []).push([a, r]);
        setTimeout(j, 10000, Object.assign(new Error('sdk.js has not loaded.'), { reason: 'NOT_LOADED' }));
      });
      p.catch(function () {});
      return p;
    };
  })(window, 'DAP');

  DAP('init', { tenantKey: '${key}' });
</script>
<script async src="${origin}/sdk.js"></script>`;

/** Called once a person is known. */
export const identifySnippet = `DAP('identify', {
  userId: 'your-id-of-the-user',
  traits: { email: 'ada@example.com', plan: 'pro' }
});`;
