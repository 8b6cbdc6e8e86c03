// The texts that are cut, reach beyond the window or beyond their box, or lie over each other: a line for each.
// What lies under something else in the window (a dialog, say) is not held against other texts.
(scale) => {
  const all = [...document.querySelectorAll("body, body *")];
  const before = all.map((each) => [each, each.style.fontSize, parseFloat(getComputedStyle(each).fontSize)]);
  // as Android does, letters that are large already stay as they are
  for (const [each, , px] of before) if (scale !== 1 && px < 40) each.style.fontSize = `${scale * px}px`;

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
  const wrong = new Set();
  const lines = [];
  for (const each of seen) {
    const style = getComputedStyle(each);
    const box = each.closest("button, .badge, td, li, summary")?.getBoundingClientRect();
    if (style.display !== "inline" && each.scrollWidth > each.clientWidth + 1) wrong.add(`cut: ${told(each)}`);
    if (/hidden|clip/.test(style.overflowY) && each.scrollHeight > each.clientHeight + 2) wrong.add(`cut: ${told(each)}`);
    for (const node of texts(each)) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        const beyond = line.right > document.documentElement.clientWidth + 1 && !each.closest(".scroll");
        if (beyond) wrong.add(`beyond the window: ${told(each)}`);
        if (box && (line.right > box.right + 1 || line.bottom > box.bottom + 3)) wrong.add(`beyond its box: ${told(each)}`);
        const top = document.elementFromPoint(line.x + line.width / 2, line.y + line.height / 2);
        if (!top || each.contains(top) || top.contains(each)) lines.push([line, each]);
      }
    }
  }
  for (const [index, [line, each]] of lines.entries())
    for (const [other, second] of lines.slice(index + 1)) {
      const wide = Math.min(line.right, other.right) - Math.max(line.left, other.left);
      const high = Math.min(line.bottom, other.bottom) - Math.max(line.top, other.top);
      const over = wide > 2 && high > 0.4 * Math.min(line.height, other.height);
      if (each !== second && over) wrong.add(`over each other: ${told(each)} / ${told(second)}`);
    }
  for (const [each, given] of before) each.style.fontSize = given;
  return [...wrong];
}
