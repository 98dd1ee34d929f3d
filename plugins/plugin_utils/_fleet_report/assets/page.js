// Copyright (c) 2026 The fleetops.nvcf authors
// SPDX-License-Identifier: GPL-3.0-or-later
// The page is whole without this. It makes the table sortable, filterable and foldable, and lets the theme be chosen.
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const table = $("#clusters");
  const clusters = [...table.tBodies].map((body) => ({
    body,
    state: body.dataset.state,
    text: body.textContent.toLowerCase(),
    keys: [...body.rows[0].cells].map((cell) => cell.dataset.v ?? cell.textContent.trim()),
  }));

  // Fold
  table.classList.add("folds");
  clusters.forEach(({ body }, index) => {
    const [first, more] = body.rows;
    more.id = `more-${index}`;
    const name = first.cells[0].firstChild;
    const fold = make("button", { type: "button", className: "fold" });
    const open = (yes) => {
      more.hidden = !yes;
      fold.setAttribute("aria-expanded", yes);
    };
    fold.setAttribute("aria-controls", more.id);
    name.replaceWith(fold);
    fold.append(name);
    fold.addEventListener("click", () => open(more.hidden));
    open(body.hasAttribute("data-open"));
  });

  // Filter
  const tools = $(".tools");
  const input = tools.querySelector("input");
  const count = tools.querySelector("[role=status]");
  let state = "";
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { body, state: its, text } of clusters) {
      body.hidden = (state && its !== state) || !words.every((word) => text.includes(word));
      shown += body.hidden ? 0 : 1;
    }
    const all = clusters.length.toLocaleString("en");
    count.textContent = `${shown.toLocaleString("en")} of ${all} clusters shown`;
  };
  tools.hidden = false;
  input.addEventListener("input", filter);
  const tiles = [...document.querySelectorAll(".tile")].map((tile) => {
    const button = make("button", { type: "button", className: tile.className, innerHTML: tile.innerHTML });
    button.dataset.state = tile.dataset.state;
    tile.replaceWith(button);
    return button;
  });
  const choose = (wanted) => {
    state = wanted;
    for (const tile of tiles) tile.setAttribute("aria-pressed", tile.dataset.state === state);
    filter();
  };
  for (const tile of tiles) {
    tile.addEventListener("click", () => choose(state === tile.dataset.state ? "" : tile.dataset.state));
  }
  choose("");

  // Sort
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
  const headings = [...table.tHead.rows[0].cells];
  const sort = (column) => {
    const heading = headings[column];
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of headings) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    clusters.sort((a, b) => (down ? -1 : 1) * order(a.keys[column], b.keys[column]) || order(a.keys[0], b.keys[0]));
    table.append(...clusters.map(({ body }) => body));
  };
  headings.forEach((heading, column) => {
    const button = make("button", { type: "button" });
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(column));
    heading.append(button);
  });

  // Theme
  const themes = { auto: "light dark", light: "light", dark: "dark" };
  const button = make("button", { type: "button", className: "theme" });
  const show = (theme) => {
    document.documentElement.style.colorScheme = themes[theme];
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    const names = Object.keys(themes);
    show(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
  });
  $(".top").append(button);
  show("auto");
})();
