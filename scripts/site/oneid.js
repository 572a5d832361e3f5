// What the theme leaves to do for people who cannot see or do not use a mouse: landmarks of one kind get names of their
// own, and what can only be scrolled can be reached by keyboard.
const mend = () => {
  const named = new Map();
  document.querySelectorAll("nav").forEach((nav) => {
    const said = nav.dataset.said ?? nav.getAttribute("aria-label") ?? nav.querySelector("button")?.title ?? "";
    nav.dataset.said = said;
    const number = (named.get(said) ?? 0) + 1;
    named.set(said, number);
    nav.setAttribute("aria-label", number > 1 ? `${said} ${number}` : said);
  });
  document.querySelectorAll("pre > code, .md-typeset__scrollwrap").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
};
document.addEventListener("DOMContentLoaded", () => {
  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
});
