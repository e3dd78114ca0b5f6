import type { ReactNode } from "react";
import type { Problem } from "../draft/calls";
import type { RootProblem } from "../draft/rootProblems";
import { changeNode, connect, lead, moveNodes, type Node, type Point, remove, renameNode } from "../graph/graph";
import classes from "./Builder.module.css";
import { EdgeProperties } from "./EdgeProperties";
import { NodeProperties } from "./NodeProperties";
import { SelectionProperties } from "./SelectionProperties";
import type { Flow } from "./useFlow";
import type { GraphEditor } from "./useGraphEditor";

interface Props {
  editor: GraphEditor;
  flow: Flow;
  problems: readonly Problem[];
  roots: readonly RootProblem[];
  duplicate: () => void;
}

/** The properties of the selection. Renders nothing without a selection. */
export function Selected({ editor: { graph, edit }, flow, problems, roots, duplicate }: Props) {
  const { select, selectedNodes, selectedEdges } = flow;
  const clear = () => select(new Set());

  const node = graph.nodes.find((each) => isOnly(each.id, selectedNodes, selectedEdges));
  if (node)
    return (
      <Aside>
        <NodeProperties
          key={node.id}
          node={node}
          graph={graph}
          problems={problems.filter((each) => each.nodeId === node.id)}
          roots={roots.filter((each) => each.problem.nodeId === node.id)}
          close={clear}
          change={(next, about) => edit((before) => changeNode(before, next), `${node.id} ${about}`)}
          rename={(id) => {
            edit((before) => renameNode(before, node.id, id));
            select(new Set([id]));
          }}
          remove={() => edit((before) => remove(before, new Set([node.id]), new Set()))}
          duplicate={duplicate}
          lead={(branch, target) => edit((before) => lead(before, node.id, branch, target))}
        />
      </Aside>
    );

  const edge = graph.edges.find((each) => isOnly(each.id, selectedEdges, selectedNodes));
  if (edge)
    return (
      <Aside>
        <EdgeProperties
          key={edge.id}
          edge={edge}
          graph={graph}
          close={clear}
          connect={(source, target, branch) =>
            edit((before) => connect(remove(before, new Set(), new Set([edge.id])), source, target, branch))
          }
          remove={() => edit((before) => remove(before, new Set(), new Set([edge.id])))}
        />
      </Aside>
    );

  if (selectedNodes.size < 2) return null;
  return (
    <Aside>
      <SelectionProperties
        count={selectedNodes.size}
        align={() =>
          edit((before) => moveNodes(before, inOneRow(before.nodes.filter((each) => selectedNodes.has(each.id)))))
        }
      />
    </Aside>
  );
}

function Aside({ children }: { children: ReactNode }) {
  return (
    <aside className={classes.properties} aria-label="Properties">
      {children}
    </aside>
  );
}

const isOnly = (id: string, among: ReadonlySet<string>, others: ReadonlySet<string>): boolean =>
  among.size === 1 && others.size === 0 && among.has(id);

/** Returns positions at the same height, so that the nodes read from left to right. */
function inOneRow(nodes: readonly Node[]): Map<string, Point> {
  const top = Math.min(...nodes.map((node) => node.position.y));
  return new Map(nodes.map((node) => [node.id, { x: node.position.x, y: top }]));
}
