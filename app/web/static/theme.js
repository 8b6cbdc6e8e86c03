// Light or dark, before anything is drawn. A classic script in the head: a module would come after the first picture.
(() => {
  const KEY = "dowel-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const kept = () => {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto"; // storage is refused in some private windows
    }
  };
  let chosen = kept();

  const apply = () => {
    const dark = chosen === "dark" || (chosen === "auto" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    window.dispatchEvent(new Event("themechange"));
  };

  window.dowelTheme = {
    get chosen() {
      return chosen;
    },
    /** @param {string} theme */
    choose(theme) {
      chosen = theme;
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // the choice then holds until the page is closed
      }
      apply();
    },
  };
  system.addEventListener("change", apply);
  apply();
})();
