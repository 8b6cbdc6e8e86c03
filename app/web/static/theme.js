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

  const BIG = "dowel-big";
  const root = document.documentElement;
  /** @param {boolean} big */
  const enlarge = (big) => {
    root.toggleAttribute("data-big", big);
    try {
      localStorage.setItem(BIG, big ? "yes" : "");
    } catch {
      // the choice then holds until the page is closed
    }
  };
  try {
    root.toggleAttribute("data-big", localStorage.getItem(BIG) === "yes");
  } catch {
    // as usual
  }
  if (new URLSearchParams(location.search).has("big")) enlarge(true);

  const apply = () => {
    const dark = chosen === "dark" || (chosen === "auto" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    window.dispatchEvent(new Event("themechange"));
  };

  window.dowelTheme = {
    enlarge,
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
