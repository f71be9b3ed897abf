import { deleteChat, listChats } from "../../ipc/chats";
import type { ChatDto } from "../../ipc/gen";

/** The chats that are kept, newest first. */
export class Chats {
  list: ChatDto[] = $state.raw([]);

  async refresh(): Promise<void> {
    this.list = await listChats();
  }

  async delete(id: number): Promise<void> {
    await deleteChat(id);
    this.list = this.list.filter((chat) => chat.id !== id);
  }
}
