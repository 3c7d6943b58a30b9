package printshop.nats;

import java.nio.file.Path;
import java.util.Map;
import loomagent.HandlerContext;

/** What the agent gives a handler is an interface: a record does. */
record Context(Map<String, String> settings) implements HandlerContext {
  @Override
  public String name() {
    return "stream";
  }

  @Override
  public Path directory() {
    throw new UnsupportedOperationException("this handler keeps nothing");
  }

  @Override
  public System.Logger logger() {
    return System.getLogger("test");
  }
}
