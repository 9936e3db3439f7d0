/*! Ripeline page views, version 1 */
(function (w, d, n) {
  "use strict";
  if (w.ripeline && w.ripeline.page) return;
  var asked = "{{mode}}" === "asked", key = "ripeline", no = "no";
  var base = d.currentScript.src.replace(/s\.js([?#].*)?$/, "");
  var id = "", last = "", token = takeToken();

  // The mark of a mail's link leaves the address at once, so that nobody passes it on by copying the address.
  function takeToken() {
    var url = new URL(w.location.href), found = url.searchParams.get("rl_v") || "";
    if (!found) return "";
    url.search = url.search.replace(/([?&])rl_v=[^&]*&?/, "$1").replace(/[?&]$/, "");
    w.history.replaceState(w.history.state, "", url.href);
    return found;
  }

  // Global Privacy Control and Do Not Track are a no that needs no banner.
  function refused() {
    return n.globalPrivacyControl === true || n.doNotTrack === "1" || w.doNotTrack === "1";
  }

  function read() {
    try { return w.localStorage.getItem(key) || ""; } catch (e) { return ""; }
  }

  function keep(value) {
    try {
      if (value) w.localStorage.setItem(key, value); else w.localStorage.removeItem(key);
    } catch (e) { /* the page may not keep anything: then this view has an id of its own */ }
  }

  function fresh() {
    if (w.crypto.randomUUID) return w.crypto.randomUUID();
    return Array.prototype.map.call(w.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return (byte + 256).toString(16).slice(1);
    }).join("");
  }

  function page() {
    if (!id) return;
    var here = w.location.origin + w.location.pathname, utm = w.location.search.match(/utm_[^&]+/g);
    if (here === last) return;
    last = here;
    var body = JSON.stringify({
      id: id, url: utm ? here + "?" + utm.join("&") : here, title: d.title.slice(0, 200),
      referrer: d.referrer.split("/").slice(0, 3).join("/"), token: token
    });
    token = "";
    if (n.sendBeacon && n.sendBeacon(base + "e", body)) return;
    w.fetch(base + "e", { method: "POST", body: body, keepalive: true, mode: "no-cors", credentials: "omit" });
  }

  function begin() {
    if (refused()) return;
    var kept = read();
    id = kept && kept !== no ? kept : fresh();
    keep(id);
    page();
  }

  // Yes: from now on, and on later pages. No: nothing more is sent, and the visitor's id is forgotten.
  function consent(given) {
    if (given === true) { begin(); return; }
    id = last = token = "";
    keep(asked ? "" : no);
  }

  w.ripeline = { version: 1, consent: consent, page: page };

  function start() {
    var kept = read();
    if (refused()) { token = ""; keep(""); }
    else if (typeof w.ripelineConsent === "boolean") consent(w.ripelineConsent);
    else if (asked ? kept : kept !== no) begin();
  }

  if (d.prerendering) d.addEventListener("prerenderingchange", start, { once: true }); else start();
})(window, document, navigator);
