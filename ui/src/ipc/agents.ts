import { call } from "./call";
import type { AgentDto, AgentsDto, ProblemDto } from "./gen";

export function listAgents(): Promise<AgentsDto> {
  return call("agents");
}

/** What is wrong with the text of an agent's file. Nothing is written. */
export function checkAgent(toml: string): Promise<ProblemDto[]> {
  return call("check_agent", { toml });
}

/** Makes an agent of the person's own out of another, under a name that is free. */
export function copyAgent(id: string, name: string): Promise<AgentDto> {
  return call("copy_agent", { id, name });
}
