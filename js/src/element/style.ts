/** Of the shadow root. Colours are by the page's color-scheme, or the properties of docs/ui.md. */
export const STYLE = `
:host {
  --paper: var(--pagevec-background, light-dark(#fff, #1b1f1e));
  --ink: var(--pagevec-color, light-dark(#1d1f1e, #e9ebe8));
  --soft: var(--pagevec-muted, light-dark(#595f5b, #a9b1ac));
  --line: var(--pagevec-border, light-dark(#8b918d, #68716c));
  --accent: var(--pagevec-accent, light-dark(#0f6b63, #5cc4b6));
  --tint: var(--pagevec-active, light-dark(#e3efec, #263b37));
  --mark: var(--pagevec-mark, light-dark(#fdeaa0, #5a4a12));
  --radius: var(--pagevec-radius, 10px);
  display: block;
  position: relative;
  max-width: 40rem;
  color: var(--ink);
  font: var(--pagevec-font, 1rem/1.45 system-ui, sans-serif);
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[part=box] {
  display: flex;
  align-items: center;
  position: relative;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--paper);
}
[part=box]:focus-within { outline: 2px solid var(--accent); outline-offset: 1px; }
input {
  flex: 1;
  min-width: 0;
  min-height: 46px;
  padding: 0 14px;
  border: 0;
  outline: 0;
  background: none;
  color: inherit;
  font: inherit;
  font-size: max(16px, 1em);
}
input::placeholder { color: var(--soft); opacity: 1; }
input:disabled { opacity: .6; }
button {
  width: 44px;
  height: 44px;
  padding: 0;
  border: 0;
  background: none;
  color: var(--soft);
  font-size: 1.4em;
  outline-offset: -4px;
  cursor: pointer;
}
[part=progress] {
  position: absolute;
  inset: auto 0 0;
  height: 2px;
  background: var(--accent);
  animation: busy 1s .15s ease-in-out infinite alternate backwards;
}
@keyframes busy { from { transform: scaleX(0); } to { transform: scaleX(1); } }
[part=popup] {
  position: absolute;
  inset: calc(100% + 4px) 0 auto;
  z-index: var(--pagevec-z-index, 10);
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--paper);
  box-shadow: 0 8px 24px rgb(0 0 0 / .18);
}
ul { max-height: min(26rem, 60vh); margin: 0; padding: 4px; overflow-y: auto; list-style: none; }
li {
  min-height: 44px;
  padding: 9px 10px;
  border-radius: calc(var(--radius) - 4px);
  overflow-wrap: anywhere;
  cursor: pointer;
}
li[aria-selected=true] { background: var(--tint); box-shadow: inset 3px 0 var(--accent); }
@media (hover: hover) { li:hover { background: var(--tint); } }
[part=title] { font-weight: 600; }
[part=title] + [part=text] { color: var(--soft); font-size: .92em; }
mark { border-radius: 3px; background: var(--mark); color: var(--ink); }
[part=message] { margin: 0; padding: 12px 14px; color: var(--soft); }
[part=status] {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@media (prefers-reduced-motion: reduce) { [part=progress] { animation: none; } }
@media (forced-colors: active) {
  li[aria-selected=true] { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;
