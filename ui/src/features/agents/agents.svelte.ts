import type { AgentBrokenDto, AgentDto } from "../../ipc/gen";
import { copyAgent, listAgents } from "../../ipc/agents";
import { hasMessage, t } from "../../i18n/messages.svelte";

/** The gallery and the person's own agents. */
export class Agents {
  list: AgentDto[] = $state.raw([]);
  broken: AgentBrokenDto[] = $state.raw([]);
  /** The first load is done. */
  loaded = $state(false);

  /** In the order of the list, each with its agents. */
  readonly industries: ReadonlyArray<[industry: string, agents: AgentDto[]]> = $derived.by(() => {
    const groups = new Map<string, AgentDto[]>();
    for (const agent of this.list) groups.set(agent.industry, [...(groups.get(agent.industry) ?? []), agent]);
    return [...groups];
  });

  async load(): Promise<void> {
    const { agents, broken } = await listAgents();
    this.list = agents;
    this.broken = broken;
    this.loaded = true;
  }

  get(id: string): AgentDto | undefined {
    return this.list.find((agent) => agent.id === id);
  }

  async copy(id: string, name: string): Promise<void> {
    await copyAgent(id, name);
    await this.load();
  }
}

/** An industry of an agent's own file may be one that the catalogue has no word for. */
export function industryName(industry: string): string {
  const key = `industry.${industry}`;
  return hasMessage(key) ? t(key) : industry;
}
