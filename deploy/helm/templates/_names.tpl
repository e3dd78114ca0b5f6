{{- define "journeys.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "journeys.secret" -}}
{{ .Values.existingSecret | default (printf "%s-secrets" .Release.Name) }}
{{- end }}

{{- define "journeys.tlsSecret" -}}
{{ include "journeys.name" . }}-tls
{{- end }}

{{- /* Where a program writes, and the certificate that it reads. */ -}}
{{- define "journeys.mounts" -}}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- if .root.Values.tls.enabled }}
  - { name: tls, mountPath: /journeys/tls, readOnly: true }
  {{- end }}
{{- end }}

{{- define "journeys.volumes" -}}
volumes:
  - { name: tmp, emptyDir: {} }
  {{- if .root.Values.tls.enabled }}
  - { name: tls, secret: { secretName: {{ include "journeys.tlsSecret" . }} } }
  {{- end }}
{{- end }}

{{- /* What all pods have in common: where they run, when they are replaced, and how they stop. */ -}}
{{- define "journeys.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ add 45 .root.Values.preStopSeconds }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "journeys.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- /* Pods are replaced when the secret that the chart makes changes; of a secret of your own the chart knows nothing. */ -}}
{{- define "journeys.annotations" -}}
{{- if not .root.Values.existingSecret }}
checksum/secret: {{ include (print .root.Template.BasePath "/secret.yaml") .root | sha256sum }}
{{- end }}
{{- with .root.Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Until everybody knows that the pod is going, calls still come; it goes on answering them. */ -}}
{{- define "journeys.lifecycle" -}}
{{- if .root.Values.preStopSeconds }}
lifecycle:
  preStop: { exec: { command: [sleep, {{ .root.Values.preStopSeconds | quote }}] } }
{{- end }}
{{- end }}

{{- define "journeys.selector" -}}
app.kubernetes.io/name: {{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "journeys.labels" -}}
{{ include "journeys.selector" . }}
app.kubernetes.io/part-of: journeys
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- /* A key of the secret as a setting. */ -}}
{{- define "journeys.fromSecret" -}}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ include "journeys.secret" .root }}, key: {{ .key }}, optional: {{ .optional | default false }} } }
{{- end }}

{{- /* What every program is told. */ -}}
{{- define "journeys.env" -}}
{{- $own := .root.Values.credentialsPerProgram }}
{{- include "journeys.fromSecret" (dict "root" .root "name" "Postgres__ConnectionString" "key" (ternary (printf "%sPostgres" .part) "postgres" $own)) }}
{{ include "journeys.fromSecret" (dict "root" .root "name" "Messaging__Broker" "key" (ternary (printf "%sBroker" .part) "broker" $own)) }}
{{ include "journeys.fromSecret" (dict "root" .root "name" "Identity__SigningKey" "key" "signingKey") }}
{{ include "journeys.fromSecret" (dict "root" .root "name" "Identity__AcceptedKeys" "key" "acceptedKeys" "optional" true) }}
{{- $root := .root }}
{{- range $name, $service := .root.Values.services }}
- name: Services__{{ title $name }}
  value: {{ ternary "https" "http" $root.Values.tls.enabled }}://{{ include "journeys.name" (dict "root" $root "part" $name) }}:{{ $service.port }}
{{- end }}
{{- if .root.Values.tls.enabled }}
- name: Tls__CertificateFile
  value: /journeys/tls/tls.crt
- name: Tls__KeyFile
  value: /journeys/tls/tls.key
- name: Tls__AuthorityFile
  value: /journeys/tls/ca.crt
{{- end }}
{{- if .root.Values.metrics.enabled }}
- name: Metrics__Url
  value: http://0.0.0.0:{{ .root.Values.metrics.port }}
{{- end }}
{{- with .root.Values.otlp.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- range $name, $value := merge (dict) .program.settings .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* Nobody needs to be root, to write outside /tmp, or to gain rights. */ -}}
{{- define "journeys.securityContext" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
  seccompProfile: { type: RuntimeDefault }
{{- end }}
