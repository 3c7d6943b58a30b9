package loomagent.agent;

import loomagent.config.EventGlobs;
import loomagent.delivery.Lane;

/**
 * The way to one handler.
 *
 * @param events which events go there
 * @param lane the handler's lane
 */
record Route(EventGlobs events, Lane lane) {}
