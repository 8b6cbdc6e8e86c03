// The texts that are cut, reach beyond the window or beyond their box, or lie over each other: a line for each.
// What lies under something else in the window (a dialog, say) is not held against other texts. Letters in a picture
// grow with the picture and not with the reader's letters; of them it is looked whether the picture holds them, and
// whether they lie over each other.
async (scale) => {
  const NAMES = "#who"; // of people and files, as long as anybody likes: they alone may end in an ellipsis

  const all = [...document.querySelectorAll("body, body *")];
  const before = all.map((each) => [each, each.style.fontSize, parseFloat(getComputedStyle(each).fontSize)]);
  // as Android does, letters that are large already stay as they are
  for (const [each, , px] of before) if (scale !== 1 && px < 40 && !each.ownerSVGElement) each.style.fontSize = `${scale * px}px`;

  // What the page draws anew when its size changes, it draws before this is told: those who asked first are told first.
  await new Promise((told) => {
    const observer = new ResizeObserver(() => told(observer.disconnect()));
    observer.observe(document.body);
  });

  const told = (each) => `${each.tagName.toLowerCase()} ${each.textContent.trim().replace(/\s+/g, " ").slice(0, 60)}`;
  const texts = (each) => [...each.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
  const seen = all.filter(
    (each) =>
      !(each instanceof SVGElement) &&
      each.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !each.closest("[aria-hidden=true], thead, option") &&
      each.clientWidth !== 1 && // for screen readers
      texts(each).length,
  );
  const pen = document.createElement("canvas").getContext("2d");
  /** What the letters of a line fill of its height: the box of a large figure is much higher than the figure. */
  const inkOf = (line, text, style) => {
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const high = pen.measureText(style.textTransform === "uppercase" ? text.toUpperCase() : text);
    const base = (line.top + line.bottom + high.fontBoundingBoxAscent - high.fontBoundingBoxDescent) / 2;
    const [top, bottom] = [base - high.actualBoundingBoxAscent, base + high.actualBoundingBoxDescent];
    return { left: line.left, right: line.right, top, bottom };
  };
  /** What is left of it within everything around it that hides what is beyond, or scrolls (`how`). */
  const within = (ink, each, how) => {
    const left = { ...ink };
    for (let around = each; around && around !== document.body; around = around.parentElement) {
      const { display, overflowX, overflowY } = getComputedStyle(around);
      if (display === "inline") continue;
      const box = around.getBoundingClientRect();
      if (how.test(overflowX)) {
        left.left = Math.max(left.left, box.left);
        left.right = Math.min(left.right, box.right);
      }
      if (how.test(overflowY)) {
        left.top = Math.max(left.top, box.top);
        left.bottom = Math.min(left.bottom, box.bottom);
      }
    }
    return left;
  };
  const wrong = new Set();
  const lines = [];
  for (const each of seen) {
    const style = getComputedStyle(each);
    const box = each.closest("button, .badge, td, li, summary")?.getBoundingClientRect();
    if (style.display !== "inline" && each.scrollWidth > each.clientWidth + 1) wrong.add(`cut: ${told(each)}`);
    for (const node of texts(each)) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        const ink = inkOf(line, node.textContent.trim(), style);
        const left = within(ink, each, /hidden|clip/);
        const cut = Object.keys(ink).some((side) => Math.abs(ink[side] - left[side]) > 1);
        if (cut && !each.matches(NAMES)) wrong.add(`cut: ${told(each)}`);
        if (box && (line.right > box.right + 1 || line.bottom > box.bottom + 3)) wrong.add(`beyond its box: ${told(each)}`);
        const shown = within(ink, each, /hidden|clip|auto|scroll/);
        if (shown.right > document.documentElement.clientWidth + 1) wrong.add(`beyond the window: ${told(each)}`);
        if (shown.right <= shown.left || shown.bottom <= shown.top) continue;
        const top = document.elementFromPoint((shown.left + shown.right) / 2, (shown.top + shown.bottom) / 2);
        if (!top || each.contains(top) || top.contains(each)) lines.push([shown, each]);
      }
    }
  }
  const inPictures = [...document.querySelectorAll("svg text")].filter(
    (each) => each.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && each.textContent.trim(),
  );
  for (const each of inPictures) {
    const ink = each.getBoundingClientRect();
    const picture = each.ownerSVGElement.getBoundingClientRect();
    const high = 0.25 * Math.min(ink.width, ink.height); // above and below the letters of its box
    const inside = { left: ink.left + 1, right: ink.right - 1, top: ink.top + high, bottom: ink.bottom - high };
    const sides = [picture.left - inside.left, inside.right - picture.right, picture.top - inside.top];
    if (Math.max(...sides, inside.bottom - picture.bottom) > 1) wrong.add(`cut: ${told(each)}`);
    const top = document.elementFromPoint((ink.left + ink.right) / 2, (ink.top + ink.bottom) / 2);
    if (!top || top.contains(each) || top.ownerSVGElement === each.ownerSVGElement) lines.push([inside, each]);
  }
  for (const [index, [line, each]] of lines.entries())
    for (const [other, second] of lines.slice(index + 1)) {
      const wide = Math.min(line.right, other.right) - Math.max(line.left, other.left);
      const high = Math.min(line.bottom, other.bottom) - Math.max(line.top, other.top);
      if (each !== second && wide > 2 && high > 2) wrong.add(`over each other: ${told(each)} / ${told(second)}`);
    }
  for (const [each, given] of before) each.style.fontSize = given;
  return [...wrong];
}
