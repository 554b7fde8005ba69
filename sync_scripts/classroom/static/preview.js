// Loads the preview again when the form was saved, and shows what the phones tell. Keeps nothing when the page goes.
"use strict";
(() => {
  const walked = new Set();
  const values = new Map();

  const showWays = () => {
    const { count } = document.getElementById("ways").dataset;
    for (const group of document.querySelectorAll("#ways details")) {
      const ways = [...group.querySelectorAll("[data-way]")];
      for (const way of ways) way.classList.toggle("tried", walked.has(way.dataset.way));
      const tried = group.querySelectorAll(".tried").length;
      group.querySelector("output").textContent = count.replace("{n}", tried).replace("{all}", ways.length);
      group.classList.toggle("tried", tried === ways.length);
    }
  };

  const showValue = (phone, phones, { place, words, relevant, value }) => {
    if (!values.has(place)) {
      const row = document.getElementById("values").insertRow();
      row.insertCell().textContent = words;
      for (let at = 0; at < phones; at += 1) row.insertCell();
      values.set(place, row);
    }
    const cell = values.get(place).cells[phone + 1];
    cell.textContent = value;
    cell.className = relevant ? "" : "absent";
  };

  window.addEventListener("phone", ({ detail }) => {
    for (const way of detail.walked) walked.add(way);
    for (const row of values.values()) row.cells[detail.phone + 1].textContent = "";
    const phones = document.querySelectorAll("iframe").length;
    for (const one of detail.values) showValue(detail.phone, phones, one);
    showWays();
  });

  const pause = 1000;
  let failures = 0;

  const look = async () => {
    try {
      const { stamp } = await (await fetch("/saved", { cache: "no-store" })).json();
      failures = 0;
      if (stamp !== document.body.dataset.stamp) return location.reload();
    } catch {
      failures += 1;
    }
    document.getElementById("lost").hidden = failures < 3;
    setTimeout(look, pause);
  };

  setTimeout(look, pause);
})();
