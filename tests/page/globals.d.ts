// What theme.js, a classic script, leaves for the modules.

interface Window {
  dowelTheme: { readonly chosen: string; choose(theme: string): void; enlarge(big: boolean): void };
}
