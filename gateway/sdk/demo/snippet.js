// Keeps the page's calls until the SDK has come. docs/sdk.md has it for inline use; here it is a file, because the
// policy of these pages allows no inline script.
(function (w, n) {
  w[n] =
    w[n] ||
    function () {
      var a = arguments,
        p = new Promise(function (r, j) {
          (w[n].q = w[n].q || []).push([a, r]);
          setTimeout(j, 10000, Object.assign(new Error("sdk.js has not loaded."), { reason: "NOT_LOADED" }));
        });
      p.catch(function () {});
      return p;
    };
})(window, "DAP");
