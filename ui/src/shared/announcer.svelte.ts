/** What a screen reader is told when it has a moment. */
class Announcer {
  text = $state("");

  say(text: string) {
    // The same words twice would be no change, and not be spoken.
    this.text = this.text === text ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
