package loomagent.config;

import java.util.Map;

/**
 * One handler, as the configuration has it.
 *
 * @param name a file name as well: small letters, digits, - and _, at most 64 characters
 * @param type what it does; the name itself unless set
 * @param events which events it takes
 * @param enabled whether it runs
 * @param settings the handler's own settings, unmodifiable. Each {@code get} looks up ${…} anew and
 *     throws {@link java.io.UncheckedIOException}, with words for the operator, when that fails.
 *     Its {@code toString} shows no values
 * @param origin where its first key was written, like {@code agent.properties:14}
 */
public record HandlerSettings(
    String name,
    String type,
    EventGlobs events,
    boolean enabled,
    Map<String, String> settings,
    String origin) {}
