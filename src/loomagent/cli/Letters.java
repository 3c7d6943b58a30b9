package loomagent.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import loomagent.agent.Layout;
import loomagent.base.Words;
import loomagent.delivery.DeadLetters;
import loomagent.delivery.DeadLetters.Letter;
import loomagent.json.Json;

/**
 * The dead letters as they lie in the folder, of handlers that were removed as well.
 *
 * @param handler of this one alone; "" for all
 * @param id of this event alone; "" for all
 */
record Letters(Layout layout, String handler, String id, Terminal terminal) {

  /** Takes what is found. */
  private interface Visitor {
    void letter(String handler, Letter letter);
  }

  Exit list(boolean json) throws IOException {
    long found =
        each(
            (name, letter) ->
                terminal.out().println(json ? json(name, letter) : line(name, letter)));
    if (found == 0 && !json) {
      String what = handler.isEmpty() && id.isEmpty() ? "No dead letters" : "No such dead letter";
      terminal.err().println(what + " in " + layout.dead());
    }
    return Exit.OK;
  }

  Exit show() throws IOException {
    long found =
        each(
            (name, letter) -> {
              terminal.out().println("handler   " + name);
              terminal.out().println("time      " + letter.time());
              terminal.out().println("attempts  " + letter.attempts());
              terminal.out().println("error     " + Words.line(letter.error(), 1_000));
              terminal.out().println("came by   " + letter.event().connection());
              terminal.out().println(letter.event().json());
            });
    if (found == 0) {
      terminal.err().println("loom-agent: there is no dead letter of the event " + id);
      return Exit.USAGE;
    }
    return Exit.OK;
  }

  private long each(Visitor visitor) throws IOException {
    AtomicLong found = new AtomicLong();
    List<String> names = handler.isEmpty() ? List.copyOf(layout.handlers()) : List.of(handler);
    for (String name : names) {
      DeadLetters.read(
          layout.dead(name),
          letter -> {
            if (id.isEmpty() || id.equals(letter.event().id())) {
              found.incrementAndGet();
              visitor.letter(name, letter);
            }
            return true;
          });
    }
    return found.get();
  }

  private static String line(String handler, Letter letter) {
    return "%s %s %s %s %s: %s"
        .formatted(
            letter.time(),
            handler,
            Words.line(letter.event().name(), 200),
            Words.line(letter.event().id(), 200),
            Words.count(letter.attempts(), "attempt"),
            Words.line(letter.error(), 300));
  }

  private static String json(String handler, Letter letter) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("handler", handler);
    members.put("time", letter.time().toString());
    members.put("sequence", letter.sequence());
    members.put("connection", letter.event().connection());
    members.put("attempts", letter.attempts());
    members.put("error", letter.error());
    members.put("event", Json.parse(letter.event().json()));
    return Json.write(members);
  }
}
