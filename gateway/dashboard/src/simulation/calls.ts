import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type {
  CreateSimulationRequestJson,
  ListSimulationsResponseJson,
  SimulationJson,
} from "../contract/journeys/enrollment/v1/simulation_service_pb";
import type {
  DesignReportJson,
  SimulatedPersonJson,
  SimulationReportJson,
} from "../contract/journeys/simulation/v1/report_pb";
import { addSample, type Pace, paceOf, type Sample } from "../jobs/progress";

export type Simulation = Answer<SimulationJson>;
export type Report = Answer<SimulationReportJson>;
export type DesignReport = Answer<DesignReportJson>;
export type Finding = DesignReport["findings"][number];
export type SimulatedPerson = Answer<SimulatedPersonJson>;

export const simulationsPath = (journeyId: string) => path`/api/journeys/${journeyId}/simulations`;

const onePath = (journeyId: string, id: string) => path`/api/journeys/${journeyId}/simulations/${id}`;

export const peoplePath = (journeyId: string, id: string) => `${onePath(journeyId, id)}/people`;

/** Whether it is queued or running. */
export const isGoing = ({ status }: Simulation): boolean => status === "QUEUED" || status === "RUNNING";

/** Reads the latest simulations of a journey. */
export function useSimulations(journeyId: string) {
  return useQuery({
    queryKey: [simulationsPath(journeyId)],
    queryFn: ({ signal }) => api.get<ListSimulationsResponseJson>(simulationsPath(journeyId), { pageSize: 20 }, signal),
    select: (answer) => answer.simulations,
  });
}

/** Reads a simulation repeatedly until it has ended. */
export function useSimulation(journeyId: string, id: string | undefined) {
  return useQuery({
    queryKey: [simulationsPath(journeyId), id],
    queryFn: ({ signal }) => api.get<SimulationJson>(onePath(journeyId, id!), {}, signal),
    enabled: id !== undefined,
    // A queued simulation may wait for long, so it is read less often.
    refetchInterval: ({ state }) =>
      state.data && !isGoing(state.data) ? false : state.data?.status === "QUEUED" ? 2_000 : 400,
  });
}

/** Reads the report of a completed simulation, which never changes. */
export function useReport(journeyId: string, simulation: Simulation | undefined) {
  return useQuery({
    queryKey: [simulationsPath(journeyId), simulation?.id, "report"],
    queryFn: ({ signal }) => api.get<SimulationReportJson>(`${onePath(journeyId, simulation!.id)}/report`, {}, signal),
    enabled: simulation?.status === "COMPLETED",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSimulatedPerson(journeyId: string, id: string, index: number) {
  return useQuery({
    queryKey: [peoplePath(journeyId, id), index],
    queryFn: ({ signal }) => api.get<SimulatedPersonJson>(`${peoplePath(journeyId, id)}/${index}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function createSimulation(
  journeyId: string,
  asked: Omit<CreateSimulationRequestJson, "journeyId">,
): Promise<Simulation> {
  return remember(await api.post<SimulationJson>(simulationsPath(journeyId), asked));
}

export const cancelSimulation = async ({ journeyId, id }: Simulation): Promise<Simulation> =>
  remember(await api.post<SimulationJson>(`${onePath(journeyId, id)}/cancel`));

async function remember(simulation: Simulation): Promise<Simulation> {
  const key = simulationsPath(simulation.journeyId);
  queryClient.setQueryData([key, simulation.id], simulation);
  await queryClient.invalidateQueries({ queryKey: [key], exact: true });
  return simulation;
}

/** Returns the speed of a simulation, measured while this page is open. */
export function usePace({ status, done, total }: Simulation): Pace | undefined {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => {
    if (status === "RUNNING") setSamples((before) => addSample(before, { at: Date.now(), done }));
  }, [status, done]);
  return status === "RUNNING" ? paceOf(samples, total) : undefined;
}
