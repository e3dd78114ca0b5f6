import type { JsonObject } from "@bufbuild/protobuf";
import {
  ActionIcon,
  Autocomplete,
  Badge,
  Button,
  Group,
  NativeSelect,
  Stack,
  Table,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { ContentType } from "../../graph/nodes/content";
import classes from "./Content.module.css";
import { languagesOf, textsOf, translated, translationOf, withLanguage, withoutLanguage } from "./texts";

const common = ["ar", "de", "es", "fr", "it", "ja", "nl", "pl", "pt-BR", "zh"];

interface Props {
  type: ContentType;
  payload: JsonObject;
  readOnly: boolean;
  /** The language; empty for the default one. */
  language: string;
  choose: (language: string) => void;
  change: (payload: JsonObject, about: string) => void;
}

/** Edits the texts of content in other languages, and marks missing ones. */
export function Languages({ type, payload, readOnly, language, choose, change }: Props) {
  const texts = textsOf(type, payload);
  const languages = languagesOf(payload);
  const missing = (of: string) => texts.filter(({ path }) => translationOf(payload, of, path) === "").length;
  return (
    <Stack gap="md" component="section" aria-label="Languages">
      <Title order={3}>Languages</Title>
      <Group gap="xs" align="flex-end">
        <NativeSelect
          label="Language"
          value={language}
          data={[
            { value: "", label: "Default" },
            ...languages.map((each) => ({
              value: each,
              label: `${nameOf(each)}${missing(each) ? `: ${missing(each)} missing` : ""}`,
            })),
          ]}
          onChange={({ currentTarget: { value } }) => choose(value)}
        />
        {language && !readOnly ? (
          <ActionIcon
            size="lg"
            aria-label={`Remove ${nameOf(language)}`}
            onClick={() => {
              choose("");
              change(withoutLanguage(payload, language), "");
            }}
          >
            <Trash2 size={15} />
          </ActionIcon>
        ) : null}
        {readOnly ? null : (
          <AddLanguage
            taken={languages}
            add={(added) => {
              change(withLanguage(payload, added), "");
              choose(added);
            }}
          />
        )}
      </Group>
      {!language ? (
        <Text size="sm" c="dimmed">
          People whose language is not listed see the default. A region falls back to its language: pt-BR, then pt.
        </Text>
      ) : texts.length === 0 ? (
        <Text size="sm" c="dimmed">
          There is no text to translate yet.
        </Text>
      ) : (
        <Table className={classes.texts!} layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Default</Table.Th>
              <Table.Th>{nameOf(language)}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {texts.map(({ path, label, text }) => {
              const translation = translationOf(payload, language, path);
              return (
                <Table.Tr key={path.join(".")}>
                  <Table.Td>
                    <Text size="xs" c="dimmed">
                      {label}
                    </Text>
                    {text}
                  </Table.Td>
                  <Table.Td>
                    <Textarea
                      aria-label={`${label} in ${nameOf(language)}`}
                      autosize
                      minRows={1}
                      lang={language}
                      dir="auto"
                      value={translation}
                      readOnly={readOnly}
                      rightSectionWidth={72}
                      rightSection={
                        translation ? null : (
                          <Badge size="xs" variant="light" color="gray">
                            missing
                          </Badge>
                        )
                      }
                      onChange={({ currentTarget: { value } }) =>
                        change(translated(payload, language, path, value), `${language} ${path.join(".")}`)
                      }
                    />
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

function AddLanguage({ taken, add }: { taken: readonly string[]; add: (language: string) => void }) {
  const [tag, setTag] = useState("");
  const found = canonical(tag);
  const fault =
    tag === "" ? undefined : !found ? "A tag such as de or pt-BR" : taken.includes(found) ? "It is there" : undefined;
  return (
    <>
      <Autocomplete
        label="Add a language"
        placeholder="de"
        data={common.filter((each) => !taken.includes(each))}
        value={tag}
        error={fault}
        onChange={setTag}
      />
      <Button
        variant="default"
        disabled={!found || fault !== undefined}
        onClick={() => {
          add(found!);
          setTag("");
        }}
      >
        Add
      </Button>
    </>
  );
}

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag.trim())[0];
  } catch {
    return undefined;
  }
}

function nameOf(language: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(language) ?? language;
  } catch {
    return language;
  }
}
