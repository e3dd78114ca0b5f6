// @vitest-environment node
import ts from "typescript";
import { expect, it } from "vitest";
import inside from "../inside.json";

const root = new URL("..", import.meta.url).pathname;
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent({ ...config, include: ["src"] }, ts.sys, root);
const program = ts.createProgram(fileNames, options);
const checker = program.getTypeChecker();
const members = [...findMembers()];

it("shortens only names that parts of the scripts have for each other", () => {
  const outside = ["src/types.ts", "src/gen/"];

  const wrong = members.filter(({ declared }) =>
    declared.some((file) => !file.startsWith("src/") || outside.some((place) => file.startsWith(place))),
  );

  expect(wrong).toEqual([]);
});

it("shortens no name that one script has for what the other script made", () => {
  const bundleOf = (file: string) => (file.startsWith("src/render/") ? "renderer" : "script");

  const shared = members.filter(({ file, declared }) => declared.some((other) => bundleOf(other) !== bundleOf(file)));

  expect(shared).toEqual([]);
});

it("shortens no name that is not there", () => {
  const used = new Set(members.map(({ name }) => name));

  expect(inside.filter((name) => !used.has(name))).toEqual([]);
});

/** Every place in the sources that names a member that is shortened, and the files that declare what is named there. */
function* findMembers() {
  const sources = program.getSourceFiles().filter(({ fileName }) => pathOf(fileName).startsWith("src/"));
  for (const source of sources.filter(({ isDeclarationFile }) => !isDeclarationFile)) {
    for (const node of identifiersIn(source)) {
      if (!inside.includes(node.text)) continue;
      const symbol = memberAt(node);
      if (symbol)
        yield { name: node.text, file: pathOf(source.fileName), declared: [...new Set(symbol.map(pathOf))].sort() };
    }
  }
}

function* identifiersIn(node: ts.Node): Generator<ts.Identifier> {
  if (ts.isIdentifier(node)) yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* identifiersIn(child);
}

/**
 * The files that declare the member that an identifier names; nothing if it names something else, such as a variable.
 */
function memberAt(node: ts.Identifier): string[] | undefined {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return filesOf(checker.getSymbolAtLocation(node));
  if ((ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) && parent.name === node)
    return filesOf(checker.getSymbolAtLocation(node));
  if (ts.isObjectLiteralElement(parent) && parent.name === node && ts.isObjectLiteralExpression(parent.parent))
    return filesOf(
      checker.getContextualType(parent.parent)?.getProperty(node.text) ?? checker.getSymbolAtLocation(node),
    );
  if (
    ts.isBindingElement(parent) &&
    (parent.propertyName ?? parent.name) === node &&
    ts.isObjectBindingPattern(parent.parent)
  )
    return filesOf(checker.getTypeAtLocation(parent.parent).getProperty(node.text));
  return undefined;
}

// What nobody declares may come from anywhere.
function filesOf(symbol: ts.Symbol | undefined): string[] {
  return symbol?.declarations?.map((declaration) => declaration.getSourceFile().fileName) ?? ["nowhere"];
}

function pathOf(file: string): string {
  return file.startsWith(root) ? file.slice(root.length) : file;
}
