/*
 * inpage.js - questions that are asked inside the page: each function is
 * sent there as text, so it uses nothing but its arguments, and answers with
 * a list of complaints.
 */
"use strict";

/* What is wider than the window, smaller than can be read, cut off or
   printed over something else. */
function layout(smallest) {
  const found = [];
  const root = document.scrollingElement;
  const say = (what, node) => found.push(what + ": " +
    (node.closest("svg")?.getAttribute("aria-labelledby") || node.tagName) +
    ' "' + node.textContent.trim().slice(0, 40) + '"');
  if (root.scrollWidth > root.clientWidth)
    found.push(`page is ${root.scrollWidth} wide in ${root.clientWidth}`);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const holder = node.parentElement;
    if (!node.data.trim() || holder.closest("svg,script,style,.sr") ||
        !holder.checkVisibility()) continue;
    if (parseFloat(getComputedStyle(holder).fontSize) < smallest)
      say("small text", holder);
  }
  const meet = (a, b) => {
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return width > 1 && height > 0.3 * Math.min(a.height, b.height);
  };
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.checkVisibility()) continue;
    const box = svg.getBoundingClientRect(), placed = [];
    for (const text of svg.querySelectorAll("text")) {
      const one = text.getBoundingClientRect();
      if (!one.width) continue;
      const size = parseFloat(getComputedStyle(text).fontSize) *
        Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b);
      if (size < smallest) say(`text of ${size.toFixed(1)} px`, text);
      if (one.left < box.left - 1 || one.right > box.right + 1 ||
          one.top < box.top - 2 || one.bottom > box.bottom + 2)
        say("cut label", text);
      for (const [other, node] of placed)
        if (meet(one, other)) {
          say("over " + node.textContent.slice(0, 30), text);
          break;
        }
      placed.push([one, text]);
    }
  }
  for (const section of document.querySelectorAll("section"))
    if (!section.querySelector("svg,table,p,ul"))
      say("empty section", section);
  return found;
}

/* Labels in pictures that stand out too little from what is painted below
   them (WCAG AA: 4.5 to 1).  axe looks at text outside of pictures. */
function contrast() {
  const channel = (v) => v <= 0.04045 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4;
  const parse = (text) => {
    const part = (text.match(/[\d.]+/g) || []).map(Number);
    return part.length < 3 || (part.length > 3 && part[3] === 0) ? null
      : part.slice(0, 3);
  };
  const light = (c) => 0.2126 * channel(c[0] / 255) +
    0.7152 * channel(c[1] / 255) + 0.0722 * channel(c[2] / 255);
  const below = (text, x, y) => {
    const stack = document.elementsFromPoint(x, y);
    if (!stack.some((n) => n.closest("text") === text))
      return null; /* scrolled out of sight */
    for (const node of stack) {
      const style = getComputedStyle(node);
      const paint = node instanceof SVGElement && node.tagName !== "svg"
        ? style.fill : style.backgroundColor;
      if (node.closest("text") || node.tagName === "line" ||
          paint === "none") continue;
      const alpha = Number(style.fillOpacity) * Number(style.opacity);
      const colour = parse(paint);
      if (colour && alpha > 0.9) return colour;
    }
    return parse(getComputedStyle(document.body).backgroundColor);
  };
  const found = [];
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.checkVisibility() || !text.textContent.trim()) continue;
    const box = text.getBoundingClientRect();
    const style = getComputedStyle(text), ink = parse(style.fill);
    const paper = style.paintOrder.startsWith("stroke") ? parse(style.stroke)
      : below(text, box.left + box.width / 2, box.top + box.height / 2);
    if (!paper) continue;
    const a = light(ink) + 0.05, b = light(paper) + 0.05;
    const ratio = Math.max(a, b) / Math.min(a, b);
    if (ratio < 4.5)
      found.push(`${ratio.toFixed(2)} to 1: "${text.textContent}" ` +
        `${ink} on ${paper}`);
  }
  return found;
}

/* Markup or handlers that only a word could have brought in. */
function strangers() {
  const found = [];
  for (const node of document.querySelectorAll("img,iframe,object,embed,u"))
    found.push(node.outerHTML.slice(0, 60));
  for (const node of document.querySelectorAll("*"))
    for (const { name, value } of node.attributes)
      if (/^on/.test(name) || /^\s*javascript:/i.test(value))
        found.push(`${node.tagName} ${name}=${value.slice(0, 40)}`);
  return found;
}

/* axe is there already; it looks at the page as it stands. */
async function axeFindings() {
  const { violations } = await axe.run(document, {
    resultTypes: ["violations"] });
  return violations.flatMap((v) => v.nodes.slice(0, 3).map((n) =>
    `${v.id}: ${n.target.join(" ")}: ${n.html.slice(0, 90)}`));
}

module.exports = { layout, contrast, strangers, axeFindings };
