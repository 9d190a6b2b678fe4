package loggers;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import software.amazon.lambda.powertools.logging.Logging;
import software.amazon.lambda.powertools.logging.LoggingUtils;

/** The same with Powertools, in a handler that its aspect is woven into, and with each of its layouts. */
final class Powertools implements RequestHandler<Map<String, Object>, String> {
    @Override
    @Logging(correlationIdPath = "/correlation")
    public String handleRequest(Map<String, Object> event, Context context) {
        LoggingUtils.appendKey("order", "7");
        for (String layout : new String[] {"powertools", "powertools-ecs", "powertools-old"}) {
            Logger log = LogManager.getLogger(layout);
            String name = layout.replace("powertools", "powertools-java-1");
            Function.vector(name + "-info");
            log.info("order {} was taken", 7);
            Function.vector(name + "-exception");
            log.error("order failed", new IllegalStateException("no order 7"));
        }
        return "";
    }
}
