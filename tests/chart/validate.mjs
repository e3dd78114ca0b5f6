// Holds the manifests of a file to the schemas of what they are for, one line for each thing that is wrong: node
// validate.mjs FILE The schemas let unknown fields pass, as Kubernetes does not; so a validator that looks at a field
// is taken to know it.
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const modules = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

/** A copy that remembers which fields somebody asked for. */
function watch(value, path, watched) {
  if (value === null || typeof value !== 'object') return value;
  const asked = new Set();
  watched.push({ value, path, asked });
  const fields = Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, watch(field, `${path}/${name}`, watched)]),
  );
  return new Proxy(Array.isArray(value) ? Object.values(fields) : fields, {
    get(target, name) {
      if (typeof name === 'string') asked.add(name);
      return target[name];
    },
  });
}

async function problemsOf(manifest) {
  const name = `${manifest?.kind} ${manifest?.metadata?.name}`;
  const module = modules[manifest?.apiVersion];
  const Model = module && (await import(module))[manifest.kind];
  if (!Model) return [`${name}: there is no ${manifest?.apiVersion} ${manifest?.kind}`];

  const watched = [];
  const problems = [];
  try {
    // Without a Model around it, which would copy everything and so ask for everything.
    Model.prototype.validate.call(watch(manifest, '', watched));
  } catch (error) {
    problems.push(`${name}: ${error.message.replaceAll('\n', '; ')}`);
  }
  for (const { value, path, asked } of watched) {
    // Nobody asks for certain names in a map whose names are the author's.
    if (Array.isArray(value) || asked.size === 0) continue;
    for (const field of Object.keys(value).filter(field => !asked.has(field)))
      problems.push(`${name}: unknown field ${path}/${field}`);
  }
  return problems;
}

const documents = parseAllDocuments(readFileSync(process.argv[2], 'utf8'));
const problems = documents.flatMap(document => document.errors.map(error => error.message));
const manifests = documents.map(document => document.toJS()).filter(Boolean);
for (const manifest of manifests) problems.push(...(await problemsOf(manifest)));
for (const problem of problems) console.log(problem);
console.log(`${manifests.length} manifests, ${problems.length} problems`);
