/* flamegraph.js - the flame graph where scripts run
 *
 * Replaces the still picture by one drawn from the data in the window's width.
 * A frame is a part of its colour's path, no element of its own: where the
 * mouse is follows from the tree by arithmetic, so 300,000 frames zoom as
 * smoothly as ten.  The view is a range of samples; whatever lies around the
 * zoomed frame is cut by it, so its callers need no care.  Edges are rounded,
 * not widths: callers cover their callees, and a run of frames too thin to see
 * still fills its place.
 *
 * Names come from a stranger's program: they enter the page as text nodes only.
 */
(() => {
"use strict";

const ROW = 18, MARGIN = 16, PAD = 4, STEPS = 2 /* per pixel */;
const NS = {
	svg: "http://www.w3.org/2000/svg",
	html: "http://www.w3.org/1999/xhtml",
};
const KEYS = [
	["click, Enter", "zoom into a frame"],
	["Backspace, Esc", "back"],
	["arrows", "walk: caller, hottest callee, neighbours"],
	["Home", "the whole program"],
	["/, Ctrl-F", "search by regular expression; capitals make case count"],
	["n, N", "next and previous match"],
	["?", "this help"],
];

const source = document.getElementById("data");
const svg = source.closest("svg");
if (svg !== document.documentElement)
	return; /* part of a page: stay a picture */

const data = JSON.parse(source.textContent);
const tree = readTree(data.nodes);
const frames = data.frames.map(([name, place, color, file]) => ({
	name, place, color, file: data.files[file],
	line: (/:(\d+)\)$/.exec(place) || [""])[0].slice(0, -1),
	columns: [columns(name), columns(place)], hit: false,
}));

const ui = {}; /* elements by name */
const state = { zoom: 0, search: "" }; /* what the URL keeps */
let width = 0, top = 0, charWidth = 6.6;
let view = { a: 0, b: tree.total[0] }; /* samples from, to */
let drawn = 0, focus = -1, hits = [], hitAt = -1, animation = 0;

/* ---- the tree --------------------------------------------------------- */

/* From the list of svg_data.c; every node lies before those below it. */
function readTree(list)
{
	const room = list.length, t = { count: 0 }, open = [];
	let at = 0, i;

	for (const name of ["frame", "depth", "parent", "size"])
		t[name] = new Int32Array(room);
	for (const name of ["start", "self", "total"])
		t[name] = new Float64Array(room);
	for (let p = 0; p < room;) {
		i = t.count++;
		t.frame[i] = list[p++];
		t.depth[i] = open.length;
		t.parent[i] = open.length ? open[open.length - 1] : -1;
		t.start[i] = at;
		open.push(i);
		if (p >= room || list[p] >= 0)
			continue;
		t.self[i] = ~list[p++];
		for (let up = list[p++]; up > 0 && open.length; up--)
			close(open.pop());
	}
	return t;

	function close(node)
	{
		at += t.self[node];
		t.total[node] = at - t.start[node];
		t.size[node] = t.count - node;
	}
}

function* children(i)
{
	for (let c = i + 1; c < i + tree.size[i]; c += tree.size[c])
		yield c;
}

function end(i)
{
	return tree.start[i] + tree.total[i];
}

/* ---- text ------------------------------------------------------------- */

/* Width in columns: wide characters count 2, combining ones 0. */
function columns(s)
{
	if (/^[\x20-\x7e]*$/.test(s))
		return s.length;
	return [...s].reduce((sum, c) => sum + columnsOf(c), 0);
}

function columnsOf(c)
{
	if (/\p{M}|[\u200c\u200d]/u.test(c))
		return 0;
	return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(c) ? 2 : 1;
}

function cut(s, room)
{
	let out = "";

	for (const c of s) {
		room -= columnsOf(c);
		if (room < 1)
			break;
		out += c;
	}
	return out + "\u2026";
}

function number(n)
{
	return n.toLocaleString("en");
}

function percent(part, all)
{
	return (all ? 100 * part / all : 0).toFixed(1) + " %";
}

function make(kind, name, attributes, ...inside)
{
	const e = document.createElementNS(NS[kind], name);

	for (const key in attributes)
		e.setAttribute(key, attributes[key]);
	e.append(...inside);
	return e;
}

/* ---- drawing ---------------------------------------------------------- */

function draw()
{
	const scale = width / (view.b - view.a);
	const screen = rowsOnScreen();
	const paths = new Map(), names = document.createDocumentFragment();
	let edges = "", rows = 1;

	drawn = 0;
	for (let i = 0; i < tree.count;) {
		const x = edge(tree.start[i]), w = edge(end(i)) - x;
		const row = tree.depth[i], frame = frames[tree.frame[i]];

		if (!w) {
			i += tree.size[i];
			continue;
		}
		i++;
		rows = Math.max(rows, row + 1);
		if (row < screen.first || row > screen.last)
			continue;
		const key = frame.hit ? "hit" : frame.color;
		const y = row * ROW;
		paths.set(key, (paths.get(key) || "") +
			  `M${x} ${y}h${w}v${ROW - 1}h-${w}z`);
		drawn++;
		if (w > 2)
			edges += `M${x} ${y}v${ROW - 1}`;
		if (w > 3 * charWidth + 2 * PAD)
			names.append(label(frame, x, y, w));
	}
	ui.boxes.replaceChildren(...[...paths].map(([key, d]) =>
		make("svg", "path", { class: key, d })),
		make("svg", "path", { class: "edge", d: edges }));
	ui.names.replaceChildren(names);
	ui.graph.classList.toggle("dimmed", hits.length > 0);
	ui.above.setAttribute("height", tree.depth[state.zoom] * ROW);
	setHeight(top + rows * ROW + MARGIN);
	drawFocus();

	function edge(samples)
	{
		const x = (samples - view.a) * scale;

		return Math.round(Math.min(Math.max(x, 0), width) * STEPS) / STEPS;
	}
}

/* A screen more than can be seen, above and below. */
function rowsOnScreen()
{
	const height = window.innerHeight;

	return {
		first: Math.floor((window.scrollY - top - height) / ROW),
		last: Math.ceil((window.scrollY - top + 2 * height) / ROW),
	};
}

function label(frame, x, y, w)
{
	const room = Math.floor((w - 2 * PAD) / charWidth);
	const [name, place] = frame.columns;
	const text = make("svg", "text", { x: x + PAD, y: y + 13 },
			  name > room ? cut(frame.name, room) : frame.name);

	if (place && name + 1 + place <= room)
		text.append(make("svg", "tspan", {}, " " + frame.place));
	if (frame.hit || /[sg]/.test(frame.color))
		text.setAttribute("class", frame.hit ? "hit" : "quiet");
	return text;
}

function setHeight(height)
{
	svg.setAttribute("height", Math.max(height, window.innerHeight));
}

/* Where a node is on the page, cut by the view. */
function box(i)
{
	const scale = width / (view.b - view.a);
	const x = Math.max((tree.start[i] - view.a) * scale, 0);

	return { x, y: tree.depth[i] * ROW, height: ROW - 1,
		width: Math.max(Math.min((end(i) - view.a) * scale, width) - x,
				0) };
}

function place(rect, i)
{
	rect.style.display = i < 0 ? "none" : "";
	for (const [key, value] of Object.entries(i < 0 ? {} : box(i)))
		rect.setAttribute(key, value);
}

function drawFocus()
{
	place(ui.focus, focus);
	place(ui.hover, -1);
}

/* ---- zoom ------------------------------------------------------------- */

function isSeen(i)
{
	return end(i) > view.a && tree.start[i] < view.b && box(i).width >= 1;
}

function lookAt(target, smooth)
{
	const from = view, begin = performance.now();

	cancelAnimationFrame(animation);
	if (!smooth || drawn > 6000 ||
	    matchMedia("(prefers-reduced-motion: reduce)").matches) {
		view = target;
		draw();
		return;
	}
	animation = requestAnimationFrame(step);

	function step(now)
	{
		const part = Math.min(Math.max((now - begin) / 160, 0), 1);
		const eased = 1 - (1 - part) ** 3;

		view = {
			a: from.a + (target.a - from.a) * eased,
			b: from.b + (target.b - from.b) * eased,
		};
		if (part < 1)
			animation = requestAnimationFrame(step);
		else
			view = target;
		draw();
	}
}

/* Bring the state on the screen. */
function show(smooth)
{
	const i = state.zoom;

	ui.back.disabled = i === 0;
	ui.above.style.display = i ? "" : "none";
	find();
	lookAt({ a: tree.start[i], b: end(i) }, smooth);
	scrollTo(i);
	hideTip();
}

function scrollTo(i)
{
	const y = top + tree.depth[i] * ROW, height = window.innerHeight;

	if (y < window.scrollY + ROW || y > window.scrollY + height - 3 * ROW)
		window.scrollTo(0, y < height / 2 ? 0 : y - height / 3);
}

/* ---- the URL ---------------------------------------------------------- */

function readURL()
{
	const q = new URLSearchParams(location.hash.slice(1));
	const zoom = Number(q.get("zoom"));

	state.zoom = Number.isInteger(zoom) && zoom > 0 && zoom < tree.count &&
		tree.total[zoom] ? zoom : 0;
	state.search = q.get("search") || "";
	ui.search.value = state.search;
}

/* A new entry of the history, or another text for this one. */
function writeURL(entry)
{
	const q = new URLSearchParams();

	if (state.zoom)
		q.set("zoom", state.zoom);
	if (state.search)
		q.set("search", state.search);
	try {
		if (entry)
			history.pushState({ ours: true }, "", "#" + q);
		else
			history.replaceState(history.state, "", "#" + q);
	} catch (e) {
		/* a place without history: all but that works */
	}
}

function zoom(i)
{
	if (i < 0 || i === state.zoom || !tree.total[i])
		return;
	state.zoom = i;
	writeURL(true);
	show(true);
}

function back()
{
	if (!state.zoom)
		return;
	if (history.state && history.state.ours)
		history.back();
	else
		zoom(0);
}

/* ---- search ----------------------------------------------------------- */

function compile(text)
{
	try {
		return text ? new RegExp(text, /\p{Lu}/u.test(text) ? "" : "i")
			: null;
	} catch (e) {
		return undefined;
	}
}

/* Marks what matches; a match below another one counts once. */
function find()
{
	const re = compile(state.search);

	for (const f of frames)
		f.hit = !!re && re.test(f.name + " " + f.place);
	hits = [];
	for (let i = 0; i < tree.count;) {
		const hit = re && frames[tree.frame[i]].hit;

		if (hit)
			hits.push(i);
		i += hit ? tree.size[i] : 1;
	}
	hitAt = Math.min(hitAt, hits.length - 1);
	sayFound(re);
}

function sayFound(re)
{
	const a = tree.start[state.zoom], b = end(state.zoom);
	const sum = hits.reduce((n, i) => n + Math.max(0,
		Math.min(end(i), b) - Math.max(tree.start[i], a)), 0);
	const of = state.zoom ? " of the view" : " matched";

	ui.next.style.display = ui.previous.style.display =
		hits.length ? "" : "none";
	ui.found.textContent = re === undefined ? "not a regular expression" :
		!re ? "" : !hits.length ? "no match" :
		(hitAt < 0 ? "" : `${number(hitAt + 1)} of ${number(hits.length)}, `) +
		percent(sum, b - a) + of;
}

function search(text)
{
	state.search = text;
	hitAt = -1;
	writeURL(false);
	find();
	draw();
}

function nextHit(step)
{
	if (!hits.length)
		return;
	hitAt = hitAt < 0 && step < 0 ? hits.length - 1 :
		(hitAt + step + hits.length) % hits.length;
	walkTo(hits[hitAt]);
	sayFound(compile(state.search));
}

/* ---- walking by keys -------------------------------------------------- */

/* Focus node i; zoom so far that it can be seen. */
function walkTo(i)
{
	let z = i;

	if (i < 0)
		return;
	focus = i;
	if (!isSeen(i)) {
		while (z > 0 && tree.total[i] * width < 40 * tree.total[z])
			z = tree.parent[z];
		while (z > 0 && tree.total[tree.parent[z]] * 40 <
		       tree.total[i] * width)
			z = tree.parent[z];
		zoom(z);
	}
	drawFocus();
	scrollTo(i);
	tellFocus();
}

function tellFocus()
{
	const b = box(focus), frame = frames[tree.frame[focus]];

	ui.spoken.textContent = `${frame.name} ${frame.place}, ` +
		percent(tree.total[focus], tree.total[0]);
	showTip(focus, MARGIN + b.x + Math.min(b.width / 2, 40),
		top + b.y + ROW);
}

function hottestChild(i)
{
	let best = -1;

	for (const c of children(i))
		if (best < 0 || tree.total[c] > tree.total[best])
			best = c;
	return best;
}

/* The nearest node of the same depth on that side that can be seen. */
function neighbour(i, step)
{
	for (let j = i + step; j > 0 && j < tree.count; j += step)
		if (tree.depth[j] === tree.depth[i] && isSeen(j))
			return j;
	return -1;
}

function walk(key)
{
	const i = focus < 0 ? state.zoom : focus;

	if (focus < 0 && key !== "Home")
		walkTo(i);
	else if (key === "ArrowUp")
		walkTo(tree.parent[i]);
	else if (key === "ArrowDown")
		walkTo(hottestChild(i));
	else if (key === "Home") {
		focus = -1;
		zoom(0);
	} else
		walkTo(neighbour(i, key === "ArrowLeft" ? -1 : 1));
}

/* ---- the mouse -------------------------------------------------------- */

/* The node at a place of the page, -1 if none. */
function nodeAt(pageX, pageY)
{
	const row = Math.floor((pageY - top) / ROW);
	const x = pageX - MARGIN;
	const at = view.a + x / width * (view.b - view.a);
	let i = 0;

	if (row < 0 || x < 0 || x >= width)
		return -1;
	while (i >= 0 && tree.depth[i] < row)
		i = childAt(i, at);
	return i;
}

function childAt(i, at)
{
	for (const c of children(i))
		if (at < end(c))
			return at >= tree.start[c] ? c : -1;
	return -1;
}

function onMove(e)
{
	const i = e.target.closest("foreignObject") ? -1 :
		nodeAt(e.pageX, e.pageY);

	place(ui.hover, i);
	svg.style.cursor = i < 0 ? "" : "pointer";
	if (i < 0)
		hideTip();
	else
		showTip(i, e.pageX + 12, e.pageY + 16);
}

function onClick(e)
{
	if (e.target.closest("foreignObject"))
		return;
	toggleHelp(false);
	focus = -1;
	zoom(nodeAt(e.pageX, e.pageY));
}

/* Samples, or a time in microseconds. */
function amount(n)
{
	if (data.unit !== "us")
		return number(n) + (n === 1 ? " sample" : " samples");
	if (n < 1e3)
		return n + " \u00b5s";
	return n < 999500 ? (n / 1e3).toPrecision(3) + " ms" :
		(n / 1e6).toFixed(2) + " s";
}

function row(name, value)
{
	const cells = [amount(value), percent(value, tree.total[0])];

	if (state.zoom)
		cells.push(percent(value, tree.total[state.zoom]) +
			" of the view");
	return make("html", "tr", {}, make("html", "td", {}, name),
		    ...cells.map(c => make("html", "td", { class: "n" }, c)));
}

function showTip(i, x, y)
{
	const frame = frames[tree.frame[i]];
	const card = make("html", "div", { class: "ui card" },
		make("html", "b", { class: "mono" }, shorten(frame.name)));

	if (frame.file)
		card.append(make("html", "div", { class: "mono dim" },
				 shorten(frame.file + frame.line)));
	else if (frame.place)
		card.append(make("html", "div", { class: "mono dim" },
				 shorten(frame.place)));
	card.append(make("html", "table", {}, row("total", tree.total[i]),
			 row("self", tree.self[i])));
	ui.tip.replaceChildren(card);
	putNear(card, x, y);
}

function shorten(s)
{
	return s.length > 400 ? s.slice(0, 400) + "\u2026" : s;
}

/* To the right of and below x, y, or where there is room. */
function putNear(card, x, y)
{
	const all = width + 2 * MARGIN, bottom = window.scrollY +
		window.innerHeight;

	ui.tip.style.display = "";
	ui.tip.setAttribute("width", Math.min(480, all - 16));
	const { width: w, height: h } = card.getBoundingClientRect();
	ui.tip.setAttribute("height", h);
	ui.tip.setAttribute("x", Math.max(8, Math.min(x, all - w - 8)));
	ui.tip.setAttribute("y", y + h + 8 > bottom && y - h - 28 > 0 ?
			    y - h - 28 : y);
}

function hideTip()
{
	ui.tip.style.display = "none";
}

/* ---- keys ------------------------------------------------------------- */

function onKey(e)
{
	const typing = e.target === ui.search;
	const plain = !e.ctrlKey && !e.metaKey && !e.altKey;

	if ((e.ctrlKey || e.metaKey) && e.key === "f" && !typing)
		ui.search.select(); /* a second Ctrl-F is the browser's */
	else if (typing && e.key === "Enter")
		nextHit(e.shiftKey ? -1 : 1);
	else if (e.key === "Escape")
		escape(typing);
	else if (typing || !plain || !act(e))
		return;
	e.preventDefault();
}

/* Undo the last thing: help, search, zoom. */
function escape(typing)
{
	if (ui.help.style.display !== "none")
		toggleHelp(false);
	else if (state.search) {
		ui.search.value = "";
		search("");
	} else if (!typing)
		back();
	ui.search.blur();
	hideTip();
}

function act(e)
{
	const button = e.target.closest && e.target.closest("button");

	if (/^(Arrow(Up|Down|Left|Right)|Home)$/.test(e.key))
		walk(e.key);
	else if (e.key === "Enter" && !button && focus >= 0)
		zoom(focus);
	else if (e.key === "Backspace")
		back();
	else if (e.key === "/")
		ui.search.select();
	else if (e.key === "n" || e.key === "N")
		nextHit(e.key === "n" ? 1 : -1);
	else if (e.key === "?")
		toggleHelp(ui.help.style.display === "none");
	else
		return false;
	return true;
}

function toggleHelp(on)
{
	ui.help.style.display = on ? "" : "none";
	if (!on)
		return;
	ui.help.setAttribute("width", Math.min(460, width));
	ui.help.setAttribute("x", MARGIN + Math.max(0, width - 460));
	ui.help.setAttribute("y", top);
	hideTip();
}

/* ---- the page --------------------------------------------------------- */

function button(text, title, action)
{
	const b = make("html", "button", { type: "button", title }, text);

	b.addEventListener("click", action);
	return b;
}

/* The still picture's legend, key by key. */
function makeLegend()
{
	const legend = make("html", "div", { class: "legend" });

	for (const key of document.querySelectorAll("#legend g")) {
		const swatch = make("svg", "svg", {});

		for (const rect of key.querySelectorAll("rect"))
			swatch.append(rect.cloneNode());
		legend.append(make("html", "span", {}, swatch,
				   key.querySelector("text").textContent));
	}
	return legend;
}

function makeBar()
{
	ui.search = make("html", "input", { type: "search",
		placeholder: "search: regexp", "aria-label": "search",
		spellcheck: "false" });
	ui.search.addEventListener("input", () => search(ui.search.value));
	ui.found = make("html", "span", { class: "found", role: "status" });
	ui.previous = button("\u2039", "previous match (N)",
			     () => nextHit(-1));
	ui.next = button("\u203a", "next match (n)", () => nextHit(1));
	ui.back = button("back", "zoom back (Backspace)", back);
	return make("html", "div", { class: "bar" }, makeLegend(),
		make("html", "div", { class: "keys" }, ui.found, ui.previous,
		     ui.next, ui.search, ui.back,
		     button("?", "keys", () =>
			toggleHelp(ui.help.style.display === "none"))));
}

function makeHead()
{
	ui.spoken = make("html", "p", { class: "spoken",
		role: "status" });
	return make("html", "div", { class: "ui" },
		make("html", "h1", { title: shorten(data.command) },
		     data.command || "cprof"),
		make("html", "p", {}, data.facts.join(" \u00b7 ")),
		make("html", "p", { class: "main" }, data.sentence),
		makeBar(), ui.spoken);
}

function makeHelp()
{
	return make("html", "div", { class: "ui card" },
		make("html", "table", {}, ...KEYS.map(([key, what]) =>
			make("html", "tr", {},
			     make("html", "td", {},
				  make("html", "b", {}, key)),
			     make("html", "td", {}, what)))));
}

function foreign(name, ...inside)
{
	ui[name] = make("svg", "foreignObject",
			{ id: name, x: 0, y: 0, width: 10, height: 10 },
			...inside);
	ui[name].style.overflow = "visible";
	return ui[name];
}

function group(name, tag = "g")
{
	return ui[name] = make("svg", tag, { id: name });
}

function makePage()
{
	ui.content = makeHead();
	group("graph").append(group("boxes"), group("names"),
			      group("above", "rect"), group("hover", "rect"),
			      group("focus", "rect"));
	ui.above.setAttribute("class", "above");
	svg.removeAttribute("viewBox");
	svg.setAttribute("width", "100%");
	svg.setAttribute("role", "application");
	const empty = document.getElementById("empty");
	if (empty)
		ui.content.append(make("html", "div", { class: "card" },
			...[...empty.querySelectorAll("text")].map(text =>
				make("html", "p", {}, text.textContent))));
	document.getElementById("still").remove();
	svg.append(ui.graph, foreign("head", ui.content), foreign("tip"),
		   foreign("help", makeHelp()));
	ui.tip.style.display = ui.help.style.display = "none";
	for (const rect of [ui.above, ui.hover, ui.focus])
		rect.style.display = "none";
}

/* What depends on the window's width. */
function layOut()
{
	const all = svg.getBoundingClientRect().width;
	const probe = make("svg", "text", {}, "m".repeat(100));

	width = Math.max(all - 2 * MARGIN, 100);
	ui.names.append(probe);
	charWidth = probe.getComputedTextLength() / 100 || 6.6;
	probe.remove();
	ui.head.setAttribute("x", MARGIN);
	ui.head.setAttribute("y", 12);
	ui.head.setAttribute("width", width);
	const height = ui.content.getBoundingClientRect().height;
	ui.head.setAttribute("height", height);
	top = Math.ceil(12 + height + 12);
	ui.graph.setAttribute("transform", `translate(${MARGIN} ${top})`);
	ui.above.setAttribute("width", width);
	if (tree.total[0])
		draw();
	else
		setHeight(top);
}

function soon(action)
{
	let waiting = 0;

	return () => {
		cancelAnimationFrame(waiting);
		waiting = requestAnimationFrame(action);
	};
}

function start()
{
	makePage();
	layOut();
	window.addEventListener("resize", soon(layOut));
	if (!tree.total[0]) {
		ui.content.querySelector(".bar").remove();
		layOut();
		return;
	}
	readURL();
	layOut(); /* a scroll bar may have come */
	show(false);
	window.addEventListener("scroll", soon(draw), { passive: true });
	window.addEventListener("popstate", () => {
		readURL();
		show(true);
	});
	document.addEventListener("keydown", onKey);
	svg.addEventListener("mousemove", onMove);
	svg.addEventListener("mouseleave", hideTip);
	svg.addEventListener("click", onClick);
}

start();
})();
