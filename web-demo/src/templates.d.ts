/** A view's markup, as text in its module. */
declare module "*.html?raw" {
  const markup: string;
  export default markup;
}
declare module "*.css";
