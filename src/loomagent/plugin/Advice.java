package loomagent.plugin;

import java.util.ServiceConfigurationError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loomagent.EventHandler;
import loomagent.base.Words;

/** What a failure to find a handler means, and what to do about it. */
final class Advice {
  static final String SERVICE = "META-INF/services/" + EventHandler.class.getName();
  static final String API_CLASS = EventHandler.class.getName().replace('.', '/') + ".class";

  /** Class files of Java 1.0 have major version 45, so Java 17 has 61. */
  private static final int CLASS_FILE_OFFSET = 44;

  /** A chain of causes may be a ring, and the cause that matters is never far down. */
  private static final int MOST_CAUSES = 8;

  // The JDK's own words, the same from 17 to 25; others are shown as they are.
  private static final Pattern PROVIDER =
      Pattern.compile(".*?: (?:Provider )?(\\S+) (not found|not a subtype|could not|Unable to).*");
  private static final Pattern LINE =
      Pattern.compile(".*" + Pattern.quote(SERVICE) + ":([0-9]+): (.*)");
  private static final Pattern VERSION =
      Pattern.compile("(\\S+) .*\\(class file version ([0-9]{1,5})\\..*");
  private static final Pattern CLASS = Pattern.compile("[^\\s()]+");

  private Advice() {}

  /** What is wrong and what to do, in one line. */
  static String on(Throwable thrown) {
    Throwable cause = thrown;
    for (int i = 0; i < MOST_CAUSES && cause != null; i++) {
      if (cause instanceof UnsupportedClassVersionError newer) {
        return newer(words(newer));
      }
      if (cause instanceof NoClassDefFoundError && CLASS.matcher(words(cause)).matches()) {
        return missing(words(cause).replace('/', '.'));
      }
      cause = cause(cause);
    }
    return thrown instanceof ServiceConfigurationError
        ? service(words(thrown), thrown)
        : "has a class that cannot be loaded (" + kind(thrown) + "). Build the jar again";
  }

  private static String newer(String text) {
    Matcher version = VERSION.matcher(text);
    int here = Runtime.version().feature();
    return version.matches()
        ? version.group(1).replace('/', '.')
            + " is built for Java "
            + (Integer.parseInt(version.group(2)) - CLASS_FILE_OFFSET)
            + ", and this is Java "
            + here
            + ". Build it with --release "
            + here
            + ", or run the agent on the newer Java"
        : text + ". Build it with --release " + here;
  }

  private static String missing(String name) {
    return name.startsWith("loomagent.")
        ? "needs the class "
            + name
            + ", which this agent does not have for handlers. Use the classes of the package"
            + " loomagent alone, or run the agent that the jar was built for"
        : "needs the class "
            + name
            + ", which is not in its jar. Build the jar with its libraries in it, or put the jar"
            + " and its libraries into a folder of their own here";
  }

  private static String service(String text, Throwable thrown) {
    Matcher line = LINE.matcher(text);
    if (line.matches()) {
      return SERVICE
          + " line "
          + line.group(1)
          + ": "
          + line.group(2)
          + ". Write one class name a line; until then the jar gives no handler";
    }
    Matcher provider = PROVIDER.matcher(text);
    return provider.matches() ? provider(provider.group(1), provider.group(2), thrown) : text;
  }

  private static String provider(String name, String fact, Throwable thrown) {
    return switch (fact) {
      case "not found" ->
          name.startsWith("loomagent.")
              ? name + " is in a package of the agent's. Move it to a package of your own"
              : SERVICE + " names " + name + ", and the jar has no such class. Correct the name";
      case "not a subtype" -> name + " is no EventHandler. Let it implement loomagent.EventHandler";
      case "could not" -> notMade(name, cause(thrown));
      default -> name + " has no public constructor without parameters. Add one";
    };
  }

  private static String notMade(String name, Throwable cause) {
    if (cause instanceof IllegalAccessException) {
      return name + " is not public. Make the class public";
    }
    if (cause instanceof InstantiationException) {
      return name + " is abstract. Name a class that extends it";
    }
    if (cause instanceof ExceptionInInitializerError) {
      Throwable inside = cause(cause);
      return name
          + " throws while its static fields are set: "
          + kind(inside == null ? cause : inside)
          + ". Move what may fail to open()";
    }
    return name
        + " throws in its constructor: "
        + (cause == null ? "no reason" : kind(cause))
        + ". Move what may fail to open()";
  }

  /** Its kind, and its words if there are any. */
  static String kind(Throwable thrown) {
    String text = words(thrown);
    String name = thrown.getClass().getSimpleName();
    return text.equals(name) ? text : name + ": " + text;
  }

  /** One line. What was thrown may be of a class of the jar's, and throw in its turn. */
  static String words(Throwable thrown) {
    try {
      String text = thrown.getMessage();
      if (text != null && !text.isBlank()) {
        return Words.line(text.strip(), 300);
      }
    } catch (Throwable wordless) {
      // its name has to do
    }
    return thrown.getClass().getSimpleName();
  }

  private static Throwable cause(Throwable thrown) {
    try {
      return thrown.getCause();
    } catch (Throwable none) {
      return null;
    }
  }
}
