// Keeps the figures of a page as they are now. Without it everything else works: the page is right when it is loaded.
"use strict";
(() => {
  const main = document.querySelector("main[data-live]");
  const note = document.getElementById("live");
  if (!main || !note || !window.EventSource) return;
  let source = null;
  let heard = Date.now();
  let shown = null;

  const show = (name, text) => {
    const place = main.querySelector(`[data-figure="${name}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  };
  const hear = (event) => {
    heard = Date.now();
    const news = JSON.parse(event.data);
    show("sentence", news.sentence);
    // Made by the server of the same template as the page's own.
    const cards = document.getElementById("cards");
    if (news.cards !== shown) cards.innerHTML = shown = news.cards;
    // What is shown of another window of time stays as it was loaded.
    const isHour = main.dataset.live === "1h";
    for (const [name, text] of Object.entries(news.figures)) {
      if (isHour || !["accepted", "delivered", "refused"].includes(name)) show(name, text);
    }
    tell();
  };
  const tell = () => {
    const time = new Date(heard).toISOString().slice(11, 19);
    const text = Date.now() - heard < 10000 ? "live" : `as of ${time}, not live`;
    if (note.textContent !== text) note.textContent = text;
  };
  // A page that nobody sees holds no connection: a browser has few for one host.
  const turn = () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/live");
      source.onmessage = hear;
      // A browser gives up for good after an answer that is no stream: the session has ended, or the server starts anew.
      source.onerror = () => {
        if (source && source.readyState === EventSource.CLOSED) {
          source = null;
          setTimeout(turn, 10000);
        }
      };
    }
  };
  document.addEventListener("visibilitychange", turn);
  addEventListener("pagehide", () => source && source.close());
  setInterval(tell, 1000);
  turn();
})();
