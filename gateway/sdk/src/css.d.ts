/** A style sheet as minified text. */
declare module "*.css?inline" {
  const text: string;
  export default text;
}
