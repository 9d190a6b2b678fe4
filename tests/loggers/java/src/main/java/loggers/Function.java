package loggers;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.ThreadContext;

/** A Lambda function that says the same with every logger, each behind a line that names it. */
public class Function {
    private static final String FORMAT =
            System.getenv().getOrDefault("AWS_LAMBDA_LOG_FORMAT", "Text").toLowerCase();

    static void vector(String name) {
        System.out.println("\u001e" + name + " " + System.currentTimeMillis() + "000000");
    }

    private static void log4j(String name) {
        Logger log = LogManager.getLogger(name);
        vector("log4j2-" + name + "-info");
        log.info("order {} was taken", 7);
        vector("log4j2-" + name + "-exception");
        log.error("order failed", new IllegalStateException("no order 7"));
    }

    public String handle(Map<String, Object> event, Context context) {
        vector("java-" + FORMAT + "-info");
        context.getLogger().log("order 7 was taken", LogLevel.INFO);
        vector("java-" + FORMAT + "-error");
        context.getLogger().log("order failed\nfor good", LogLevel.ERROR);
        vector("java-" + FORMAT + "-log");
        context.getLogger().log("no level\n");
        if (FORMAT.equals("text")) {
            ThreadContext.put("AWSRequestId", context.getAwsRequestId());
            log4j("pattern");
            ThreadContext.clearMap();
            for (String layout : new String[] {"json", "ecs", "logstash"}) {
                log4j(layout);
            }
            // As OpenTelemetry's agent for Java puts them there.
            ThreadContext.put("trace_id", "0af7651916cd43dd8448eb211c80319c");
            ThreadContext.put("span_id", "b7ad6b7169203331");
            ThreadContext.put("trace_flags", "01");
            log4j("context");
            ThreadContext.clearMap();
            new Powertools().handleRequest(Map.of("correlation", "c-7"), context);
        }
        vector("java-" + FORMAT + "-thrown");
        throw new IllegalStateException("no order 7");
    }
}
