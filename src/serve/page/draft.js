// The ad at hand, kept by the browser for one tab, so that loading the page anew does not lose it.

const DRAFT = "tachles.draft";

/** Keeps `{title, text}` for this tab alone. */
export function keep(ad) {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify(ad));
  } catch {
    // Without storage the ad lives as long as the page.
  }
}

/** What this tab had; `{}` when it had nothing. */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT)) ?? {};
  } catch {
    return {};
  }
}
