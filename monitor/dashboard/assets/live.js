// Fetches the live part of the page once a second, one request at a time.
"use strict";
const live = document.getElementById("live");
const link = document.getElementById("link");

async function refresh() {
  try {
    const answer = await fetch("/live", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    live.innerHTML = await answer.text();
    const events = document.getElementById("events");
    if (events) events.scrollTop = events.scrollHeight;
    link.textContent = "live";
    link.className = "";
  } catch {
    link.textContent = "no connection, trying again";
    link.className = "error";
  }
  setTimeout(refresh, 1000);
}
setTimeout(refresh, 1000);
