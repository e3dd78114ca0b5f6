/** A style sheet as text, made small. */
declare module "*.css?inline" {
  const text: string;
  export default text;
}
