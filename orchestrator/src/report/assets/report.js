"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const rows = all("#problems tbody tr");
  const texts = new Map(rows.map((row) => {
    const section = document.getElementById(row.dataset.for);
    const words = [row.textContent, ...all("pre.lean, .informal", section).map((e) => e.textContent)];
    return [row, words.join("\n").toLowerCase()];
  }));

  function filter() {
    const wanted = $("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const words = new Set(all("#words input:checked").map((box) => box.value));
    let shown = 0;
    for (const row of rows) {
      const text = texts.get(row);
      row.hidden = !words.has(row.dataset.word) || !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    $("#shown").textContent = `${shown} of ${rows.length}`;
  }
  $("#search").addEventListener("input", filter);
  $("#words").addEventListener("change", filter);
  filter();

  all("#problems th[data-sort]").forEach((head) => {
    head.addEventListener("click", () => {
      const column = [...head.parentNode.children].indexOf(head);
      const down = head.classList.contains("up");
      all("#problems th").forEach((other) => other.classList.remove("up", "down"));
      head.classList.add(down ? "down" : "up");
      const key = (row) => row.children[column].textContent;
      const compare = head.dataset.sort === "number"
        ? (a, b) => (parseFloat(key(a)) || 0) - (parseFloat(key(b)) || 0)
        : (a, b) => key(a).localeCompare(key(b));
      rows.slice().sort((a, b) => (down ? -compare(a, b) : compare(a, b)))
        .forEach((row) => row.parentNode.append(row));
    });
  });

  function show() {
    const id = location.hash.slice(1);
    all("section.problem").forEach((section) => { section.hidden = section.id !== id; });
    $("#panel").hidden = true;
    if (/^p\d+$/.test(id)) document.getElementById(id)?.scrollIntoView({ block: "start" });
  }
  window.addEventListener("hashchange", show);
  show();
  rows.forEach((row) => row.addEventListener("click", () => { location.hash = row.dataset.for; }));

  const data = new Map();
  function dataOf(section) {
    if (!data.has(section.id)) {
      const block = $("script.data", section);
      data.set(section.id, block ? JSON.parse(block.textContent) : { nodes: {} });
    }
    return data.get(section.id);
  }
  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function inspect(mark) {
    const section = mark.closest("section");
    const id = mark.dataset.node;
    const node = dataOf(section).nodes[id];
    if (!node) return;
    all(".node.selected").forEach((other) => other.classList.remove("selected"));
    mark.classList.add("selected");
    const panel = $("#panel");
    panel.replaceChildren();
    const close = element("button", "close");
    close.addEventListener("click", () => { panel.hidden = true; });
    panel.append(close, element("b", `Node #${id}: ${node.status.replace("_", " ")}`));
    const facts = [`depth ${node.depth}`, `score ${node.score.toFixed(3)}`];
    if (node.expanded !== null) facts.push(`expanded as number ${node.expanded + 1}`);
    if (node.duplicate_of !== null) facts.push(`the same as #${node.duplicate_of}`);
    panel.append(element("p", facts.join(" · "), "meta"));
    for (const goal of node.goals) panel.append(element("pre", goal));
    if (node.tried.length > 0) {
      const table = element("table");
      for (const t of node.tried) {
        const row = element("tr", undefined, t.in_proof ? "in-proof" : "");
        const tactic = element("td");
        tactic.append(element("code", t.text));
        const how = t.status === "error" ? `${t.class ?? "error"}${t.error ? `: ${t.error}` : ""}` : t.status.replace("_", " ");
        row.append(tactic, element("td", how), element("td", `${t.ms.toFixed(1)} ms`), element("td", t.source));
        table.append(row);
      }
      panel.append(table);
      if (node.more > 0) panel.append(element("p", `and ${node.more} more`, "meta"));
    }
    panel.hidden = false;
  }
  document.addEventListener("click", (event) => {
    const mark = event.target.closest?.("[data-node]");
    if (mark) inspect(mark);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") $("#panel").hidden = true;
    const mark = event.target.closest?.("[data-node]");
    if (mark && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); inspect(mark); }
  });
})();
