/* The report's script: concept explorer and sentence view over the JSON in
   #data.  Everything from the study goes in as text nodes, never as markup. */
(function () {
  "use strict";
  var holder = document.getElementById("data");
  var root = document.getElementById("explorer-app");
  if (!holder || !root) return;
  var D = JSON.parse(holder.textContent), DIGIT = [];
  var SIDES = ["base", "tuned"];
  var PAGE = 60, CLOUD = 120;
  /* Places in a concept's row; report_data.c writes them in this order. */
  var ID = 0, SIZE = 1, TYPES = 2, COUNTS = 3, POLAR = 4, SHARE = 5, LOW = 6,
    HIGH = 7, WORDS = 8, PLACES = 9, MATCH = 10, MSHARE = 11, MJACC = 12,
    FATE = 13, LABEL = 14, FAMILY = 15, LSHARE = 16;
  var BASE = D.digits.length / 2;
  for (var d = 0; d < 2 * BASE; d++) DIGIT[D.digits.charCodeAt(d)] = d;
  var FATES = [["kept", "split", "merged", "lost"],
               ["kept", "split", "merged", "new"]];

  function $(id) { return document.getElementById(id); }
  function el(name, more, children) {
    var node = document.createElement(name);
    for (var key in more || {}) {
      if (key === "text") node.textContent = more[key];
      else node.setAttribute(key, more[key]);
    }
    (children || []).forEach(function (child) {
      if (child !== null && child !== undefined)
        node.appendChild(typeof child === "string"
          ? document.createTextNode(child) : child);
    });
    return node;
  }
  function bdi(text, more) {
    var node = el("bdi", more);
    node.textContent = text;
    return node;
  }
  function scrolling(name, child) {
    return el("div", {class: "scroll", tabindex: "0", role: "group",
      "aria-label": name}, [child]);
  }
  function clear(node) {
    while (node.firstChild) node.removeChild(node.firstChild);
  }
  function percent(thousandths) {
    return thousandths < 0 ? "n/a" : (thousandths / 10).toFixed(1) + "%";
  }
  function tone(c) { return c < 0 ? "" : c < 6 ? "p" + c : "px"; }
  function tag(text, c) {
    return el("span", {class: "tag " + (c === undefined ? "plain"
      : tone(c))}, [bdi(text)]);
  }
  function className(c) { return c < 0 ? "none" : D.classes[c]; }
  function layerIndex(number) { return D.layers.indexOf(number); }
  function find(side, layer, id) {
    var rows = D.concepts[side][layer], low = 0, high = rows.length - 1;
    while (low <= high) {
      var mid = (low + high) >> 1;
      if (rows[mid][ID] === id) return mid;
      if (rows[mid][ID] < id) low = mid + 1; else high = mid - 1;
    }
    return -1;
  }
  function link(side, layer, index, children, more) {
    var attributes = more || {};
    attributes.href = "#" + SIDES[side] + "/" + D.layers[layer] + "/" +
      D.concepts[side][layer][index][ID];
    return el("a", attributes, children);
  }
  /* Lists of numbers are strings, as report_data.c's put_code says. */
  function numbers(code) {
    var out = [], value = 0;
    for (var i = 0; i < code.length; i++) {
      var digit = DIGIT[code.charCodeAt(i)];
      value = value * BASE + digit % BASE;
      if (digit < BASE) { out.push(value); value = 0; }
    }
    return out;
  }
  /* A concept's words, most frequent first: number, count, number, ... */
  function wordsOf(row) {
    if (typeof row[WORDS] !== "string") return row[WORDS];
    var from = numbers(row[WORDS]), to = [], at = 0;
    while (at < from.length) {
      var count = from[at++], word = 0;
      for (var left = from[at++]; left > 0; left--) {
        word += from[at++];
        to.push(word, count);
      }
    }
    row[WORDS] = Uint32Array.from(to);
    return row[WORDS];
  }
  function sentenceWords(number) {
    return numbers(D.sentences[number][0]).map(function (word) {
      return D.words[word];
    });
  }
  function topWords(row, most) {
    var out = [], list = wordsOf(row);
    for (var i = 0; i < list.length && out.length < most; i += 2)
      out.push(D.words[list[i]]);
    return out.join("  ");
  }
  function fold(text) { return text.toLowerCase(); }

  /* ---- Filters and the list ------------------------------------------- */

  var words = D.words.map(fold), hits = [], shown = 0;
  var current = null;

  /* Word numbers that a query names: all those that start with it, or the
     word itself when it stands in quotes. */
  function wanted(query) {
    var exact = /^".*"$/.test(query), set = new Set();
    var text = fold(exact ? query.slice(1, -1) : query);
    words.forEach(function (word, i) {
      if (exact ? word === text : word.indexOf(text) === 0) set.add(i);
    });
    return set;
  }
  function hasWord(row, set) {
    var list = wordsOf(row);
    for (var i = 0; i < list.length; i += 2)
      if (set.has(list[i])) return true;
    return false;
  }
  function labelOf(row) {
    return row[LABEL] < 0 ? "" : D.labels[row[FAMILY]] + ": " +
      D.labels[row[LABEL]];
  }
  function passes(row, side, f) {
    if (f.min && row[SIZE] < f.min) return false;
    if (f.polar !== "" && (f.polar === "any" ? row[POLAR] < 0
      : row[POLAR] !== Number(f.polar))) return false;
    if (f.fate !== "" && FATES[side][row[FATE]] !== f.fate) return false;
    if (f.label && fold(labelOf(row)).indexOf(f.label) < 0) return false;
    return !f.set || hasWord(row, f.set);
  }
  var SORTS = {
    size: function (r) { return -r[SIZE]; },
    share: function (r) { return -r[SHARE]; },
    types: function (r) { return -r[TYPES]; },
    number: function (r) { return r[ID]; }
  };
  function search() {
    var query = $("q-word").value.trim();
    var f = {min: Number($("q-min").value) || 0, polar: $("q-polar").value,
      fate: $("q-fate").value, label: fold($("q-label").value.trim()),
      set: query ? wanted(query) : null};
    var side = $("q-side").value, layer = $("q-layer").value;
    var key = SORTS[$("q-sort").value];
    hits = [];
    D.concepts.forEach(function (layers, s) {
      if (side !== "" && Number(side) !== s) return;
      layers.forEach(function (rows, l) {
        if (layer !== "" && Number(layer) !== l) return;
        rows.forEach(function (row, i) {
          if (passes(row, s, f)) hits.push([s, l, i, key(row)]);
        });
      });
    });
    hits.sort(function (a, b) {
      return a[3] - b[3] || b[0] - a[0] || b[1] - a[1] || a[2] - b[2];
    });
    clear($("hits"));
    shown = 0;
    more();
  }
  function hit(h) {
    var row = D.concepts[h[0]][h[1]][h[2]];
    var item = link(h[0], h[1], h[2], [
      el("span", {class: "where"}, [
        el("span", {text: SIDES[h[0]] + " " + D.layers[h[1]] + " \u00b7 " +
          row[ID]}),
        row[POLAR] >= 0 ? tag(className(row[POLAR]), row[POLAR])
          : el("span", {text: row[SIZE].toLocaleString("en") +
          " occurrences"})]),
      bdi(topWords(row, 6))]);
    item.dataset.key = h.slice(0, 3).join("/");
    return el("li", {}, [item]);
  }
  function more() {
    var end = Math.min(hits.length, shown + PAGE);
    for (; shown < end; shown++) $("hits").appendChild(hit(hits[shown]));
    $("hit-count").textContent = hits.length === 0
      ? "No concept passes these filters."
      : hits.length.toLocaleString("en") + (hits.length === 1
        ? " concept" : " concepts") + (shown < hits.length
        ? ", the first " + shown + " listed" : "") +
        (D.listed && $("q-word").value.trim() ? "; searched: each " +
        "concept's " + D.listed + " most frequent words" : "");
    $("hit-more").hidden = shown >= hits.length;
    markCurrent();
  }
  function markCurrent() {
    document.querySelectorAll("#hits a").forEach(function (a) {
      if (current && a.dataset.key === current.join("/"))
        a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    });
  }

  /* ---- One concept ---------------------------------------------------- */

  function cloud(row) {
    var list = wordsOf(row), top = Math.max(1, list[1]), items = [];
    var shown = Math.min(list.length, 2 * CLOUD);
    for (var i = 0; i < shown; i += 2) {
      var count = list[i + 1];
      var word = bdi(D.words[list[i]]);
      word.style.fontSize = (0.9 + 1.2 * Math.sqrt(count / top)).toFixed(2) +
        "rem";
      items.push(el("li", {}, [word, el("small", {text: String(count)})]));
    }
    var rest = row[TYPES] - shown / 2;
    if (rest > 0)
      items.push(el("li", {}, [el("small", {text: "and " + rest +
        " more"})]));
    return el("ul", {class: "cloud"}, items);
  }
  function shares(row) {
    var total = row[COUNTS].reduce(function (a, b) { return a + b; }, 0);
    var box = el("div", {class: "bars"});
    row[COUNTS].forEach(function (count, c) {
      var bar = el("i", {class: tone(c)});
      bar.style.width = (total ? 100 * count / total : 0) + "%";
      box.appendChild(bdi(D.classes[c]));
      box.appendChild(el("span", {class: "bar " + tone(c)}, [bar]));
      box.appendChild(el("span", {text: (total
        ? (100 * count / total).toFixed(1) + "%" : "n/a") + " (" + count +
        " of " + total + ")"}));
    });
    return box;
  }
  function marked(parts, position) {
    var out = [];
    parts.forEach(function (part, i) {
      if (i) out.push(" ");
      out.push(i === position ? el("mark", {}, [bdi(part)]) : bdi(part));
    });
    return out;
  }
  function contexts(row) {
    var list = el("ul", {class: "context"}), places = numbers(row[PLACES]);
    for (var i = 0; i < places.length; i += 2) {
      var s = D.sentences[places[i]];
      var tags = el("span", {class: "tags"});
      if (s[1] >= 0) tags.appendChild(tag("gold " + className(s[1]), s[1]));
      if (s[2] >= 0) {
        tags.appendChild(document.createTextNode(" "));
        tags.appendChild(tag("predicted " + className(s[2]), s[2]));
      }
      list.appendChild(el("li", {}, marked(sentenceWords(places[i]),
        places[i + 1]).concat([" ", tags])));
    }
    return list;
  }
  /* Leaves below a node of the tree of concepts. */
  function leaves(tree, count, node, most) {
    var stack = [node], out = [], total = 0;
    while (stack.length) {
      var at = stack.pop();
      if (at < count) {
        total++;
        if (out.length < most) out.push(at);
      } else {
        stack.push(tree[3 * (at - count) + 1], tree[3 * (at - count)]);
      }
    }
    return {shown: out, total: total};
  }
  function family(side, layer, index) {
    var tree = D.trees[side][layer], count = D.concepts[side][layer].length;
    if (!tree.length) return null;
    var list = el("ul", {class: "context"}), node = index;
    for (var step = 0; step < 3; step++) {
      var row = 0;
      while (row < count - 1 && tree[3 * row] !== node &&
             tree[3 * row + 1] !== node) row++;
      if (row >= count - 1) break;
      var other = tree[3 * row] === node ? tree[3 * row + 1] : tree[3 * row];
      var below = leaves(tree, count, other, 4);
      var line = el("li", {}, [(step === 0 ? "Parent" : "then") +
        " at height " + tree[3 * row + 2] + ", of " +
        leaves(tree, count, count + row, 0).total + " concepts; " +
        (step === 0 ? "sibling: " : "joined: ")]);
      below.shown.forEach(function (leaf, i) {
        var one = D.concepts[side][layer][leaf];
        if (i) line.appendChild(document.createTextNode("; "));
        line.appendChild(link(side, layer, leaf, [String(one[ID])]));
        line.appendChild(document.createTextNode(" "));
        line.appendChild(bdi(topWords(one, 4)));
      });
      if (below.total > below.shown.length)
        line.appendChild(document.createTextNode("; and " +
          (below.total - below.shown.length) + " more"));
      list.appendChild(line);
      node = count + row;
    }
    return list;
  }
  function matchLine(side, layer, row) {
    var other = 1 - side;
    var at = row[MATCH] < 0 ? -1 : find(other, layer, row[MATCH]);
    if (at < 0) return el("p", {text: "No match in the study."});
    var one = D.concepts[other][layer][at];
    var line = el("p", {}, [link(other, layer, at,
      [SIDES[other] + " " + D.layers[layer] + " \u00b7 " + one[ID]]), ": ",
      bdi(topWords(one, 8)), ". ", percent(row[MSHARE]) +
      " of this concept's words are in it (Jaccard " +
      (row[MJACC] / 1000).toFixed(2) + ")."]);
    return line;
  }
  function triggerTable(layer, id) {
    var rows = D.triggers.filter(function (t) {
      return t[0] === D.layers[layer] && t[1] === id;
    });
    if (!rows.length) return null;
    var body = el("tbody");
    rows.forEach(function (t) {
      body.appendChild(el("tr", {}, [el("td", {}, [bdi(t[2])]),
        el("td", {text: t[3]}), el("td", {}, [bdi(className(t[4]))]),
        el("td", {class: "n", text: percent(t[5])}),
        el("td", {class: "n", text: t[6] < 0 ? "" : percent(t[6]) + " to " +
          percent(t[7])})]));
    });
    return scrolling("Triggers", el("table", {}, [el("thead", {}, [el("tr",
      {}, ["Word", "Inserted", "Turns to", "Flip rate", "95% interval"].map(
      function (name) { return el("th", {scope: "col", text: name}); }))]),
      body]));
  }
  function show(side, layer, index, focus) {
    var row = D.concepts[side][layer][index], page = $("concept-page");
    var chips = [tag(row[SIZE] + " occurrences"),
      tag(row[TYPES] + " distinct words")];
    if (row[POLAR] >= 0)
      chips.push(tag("polarised to " + className(row[POLAR]), row[POLAR]));
    if (FATES[side][row[FATE]]) chips.push(tag(FATES[side][row[FATE]]));
    current = [side, layer, index];
    clear(page);
    var heading = el("h3", {tabindex: "-1", text: "Concept " + row[ID] +
      ", " + SIDES[side] + " model, layer " + D.layers[layer]});
    var add = function (title, node) {
      if (!node) return;
      if (title) page.appendChild(el("h4", {text: title}));
      page.appendChild(node);
    };
    add(null, heading);
    add(null, el("div", {class: "chips"}, chips));
    add(null, cloud(row));
    if (D.classes.length) {
      add("Classes of its sentences", shares(row));
      if (row[LOW] >= 0)
        page.appendChild(el("p", {class: "status", text:
          "Largest share " + percent(row[SHARE]) + ", 95% interval " +
          percent(row[LOW]) + " to " + percent(row[HIGH])}));
    }
    if (row[LABEL] >= 0)
      add("Label that explains it best", el("p", {}, [
        bdi(labelOf(row)), " (" + percent(row[LSHARE]) +
        " of its occurrences)"]));
    add("Best match in the " + SIDES[1 - side] + " model, same layer",
      matchLine(side, layer, row));
    if (side === 1) add("As triggers", triggerTable(layer, row[ID]));
    add("In context", contexts(row));
    add("Neighbours in the tree", family(side, layer, index));
    markCurrent();
    if (focus) {
      $("explorer").scrollIntoView();
      heading.focus({preventScroll: true});
      if (page.getBoundingClientRect().top > window.innerHeight * 0.8)
        page.scrollIntoView();
    }
  }
  function follow(focus) {
    var m = /^#(base|tuned)\/(\d+)\/(\d+)$/.exec(location.hash);
    if (!m) return false;
    var side = SIDES.indexOf(m[1]), layer = layerIndex(Number(m[2]));
    if (layer < 0) return false;
    var index = find(side, layer, Number(m[3]));
    if (index < 0) return false;
    show(side, layer, index, focus);
    return true;
  }
  /* To begin with: the largest polarised concept of the last tuned layer. */
  function first() {
    var layer = D.layers.length - 1, best = 0;
    D.concepts[1][layer].forEach(function (row, i) {
      var top = D.concepts[1][layer][best];
      var ahead = (row[POLAR] >= 0) - (top[POLAR] >= 0);
      if (ahead > 0 || (ahead === 0 && row[SIZE] > top[SIZE])) best = i;
    });
    show(1, layer, best, false);
  }

  /* ---- Trees: the leaf under the pointer ------------------------------ */

  function treeLeaf(svg, event) {
    var box = svg.getBoundingClientRect(), d = svg.dataset;
    var y = (event.clientY - box.top) / box.height * Number(d.height);
    var place = Math.floor((y - Number(d.top)) / Number(d.step));
    var order = D.orders[Number(d.side)][Number(d.layer)];
    return place >= 0 && place < order.length ? order[place] : -1;
  }
  document.querySelectorAll("svg.dendrogram").forEach(function (svg) {
    var side = Number(svg.dataset.side), layer = Number(svg.dataset.layer);
    var note = svg.parentNode.parentNode.querySelector(".leaf");
    svg.addEventListener("mousemove", function (event) {
      var leaf = treeLeaf(svg, event);
      if (leaf < 0 || !note) return;
      var row = D.concepts[side][layer][leaf];
      note.textContent = row[ID] + ": " + topWords(row, 8) +
        (row[POLAR] >= 0 ? " (" + className(row[POLAR]) + " " +
        percent(row[SHARE]) + ")" : "");
    });
    svg.addEventListener("click", function (event) {
      var leaf = treeLeaf(svg, event);
      if (leaf >= 0) location.hash = SIDES[side] + "/" + D.layers[layer] +
        "/" + D.concepts[side][layer][leaf][ID];
    });
  });
  document.querySelectorAll("input.zoom").forEach(function (range) {
    range.addEventListener("input", function () {
      var svg = $(range.dataset.tree);
      svg.style.width = range.value + "%";
      svg.style.maxWidth = "none";
    });
  });

  /* ---- Sentence view --------------------------------------------------- */

  /* For each clustered word its position and one more than its row at each
     layer, base first. */
  function viewCells(entry) {
    var all = numbers(entry[1]), out = [], step = 1 + 2 * D.layers.length;
    for (var i = 0; i < all.length; i += step)
      out.push(all.slice(i, i + step));
    return out;
  }
  function sentenceGrid(number) {
    var entry = D.view[number], s = D.sentences[entry[0]];
    var side = Number($("v-side").value), box = $("v-grid");
    var parts = sentenceWords(entry[0]), cells = viewCells(entry);
    clear(box);
    box.appendChild(el("p", {class: "sentence"}, [bdi(parts.join(" ")), " ",
      s[1] >= 0 ? tag("gold " + className(s[1]), s[1]) : null, " ",
      s[2] >= 0 ? tag("predicted " + className(s[2]), s[2]) : null]));
    var head = el("tr", {}, [el("th", {scope: "col", text: "Layer"})]);
    cells.forEach(function (word) {
      head.appendChild(el("th", {scope: "col"}, [bdi(parts[word[0]] || "")]));
    });
    var body = el("tbody");
    for (var l = D.layers.length - 1; l >= 0; l--) {
      var line = el("tr", {}, [el("th", {scope: "row",
        text: String(D.layers[l])})]);
      cells.forEach(function (word) {
        var at = word[1 + side * D.layers.length + l] - 1;
        var row = D.concepts[side][l][at];
        if (!row) {
          line.appendChild(el("td", {class: "off", text: "\u2013"}));
          return;
        }
        var cell = el("td", {title: topWords(row, 8)}, [link(side, l, at,
          [percent(row[SHARE])])]);
        if (row[POLAR] >= 0) cell.className = tone(row[POLAR]);
        line.appendChild(cell);
      });
      body.appendChild(line);
    }
    box.appendChild(scrolling("Words by layer", el("table",
      {class: "grid-view"}, [el("thead", {}, [head]), body])));
  }
  function fillSentences() {
    var query = fold($("v-word").value.trim()), list = $("v-list");
    clear(list);
    D.view.forEach(function (entry, i) {
      var text = sentenceWords(entry[0]).join(" ");
      if (list.length < 300 && fold(text).indexOf(query) >= 0)
        list.appendChild(el("option", {value: String(i), text: text}));
    });
    if (list.length) sentenceGrid(Number(list.value));
  }

  /* ---- Start ------------------------------------------------------------ */

  ["q-word", "q-label", "q-min"].forEach(function (id) {
    $(id).addEventListener("input", search);
  });
  ["q-side", "q-layer", "q-polar", "q-fate", "q-sort"].forEach(function (id) {
    $(id).addEventListener("change", search);
  });
  $("hit-more").addEventListener("click", more);
  window.addEventListener("hashchange", function () { follow(true); });
  search();
  if (!follow(true)) first();
  if (D.view.length) {
    $("v-word").addEventListener("input", fillSentences);
    $("v-list").addEventListener("change", fillGrid);
    $("v-side").addEventListener("change", fillGrid);
    fillSentences();
  }
  function fillGrid() {
    if ($("v-list").length) sentenceGrid(Number($("v-list").value));
  }
})();
