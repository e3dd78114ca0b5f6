/** The snippets for the customer's pages. docs/sdk.md has the same ones. */

/** Loads the SDK asynchronously. Calls before it is loaded are queued and executed then. */
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

/** For pages to call once they know the person. */
export const identifySnippet = `DAP('identify', {
  userId: 'your-id-of-the-user',
  traits: { email: 'ada@example.com', plan: 'pro' }
});`;
