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
