import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicNormalizationFilter;
import org.apache.lucene.analysis.ar.ArabicStemFilter;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenizer;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * What the index needs of two modules that every distribution carries and no registry holds: the analysis parts under the names
 * and settings that analysis-common gives them, over the same classes of Lucene, and the answer to GET /.
 */
public class ArabicAnalysis extends Plugin implements AnalysisPlugin, ActionPlugin {
    private static final Map<String, UnaryOperator<TokenStream>> PLAIN = new TreeMap<>(Map.of(
        "lowercase", LowerCaseFilter::new,
        "decimal_digit", DecimalDigitFilter::new,
        "arabic_normalization", ArabicNormalizationFilter::new,
        "arabic_stem", ArabicStemFilter::new,
        "asciifolding", ASCIIFoldingFilter::new));

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> filters = new TreeMap<>();
        PLAIN.forEach((name, filter) -> filters.put(name, plain(filter)));
        // without its settings it cannot be built: then no default one may be tried for every index
        filters.put("keyword_marker", AnalysisPlugin.requiresAnalysisSettings((index, environment, name, settings) -> {
            List<String> given = Analysis.getWordList(environment, settings, "keywords");
            if (given == null) throw new IllegalArgumentException("keyword_marker needs `keywords` or `keywords_path`");
            CharArraySet words = new CharArraySet(given, settings.getAsBoolean("ignore_case", false));
            return filter(name, tokens -> new SetKeywordMarkerFilter(tokens, words));
        }));
        filters.put("stemmer", AnalysisPlugin.requiresAnalysisSettings((index, environment, name, settings) -> {
            String language = settings.get("language", settings.get("name", "porter"));
            if (!language.equals("arabic")) throw new IllegalArgumentException("no stemmer [" + language + "] in this build");
            return filter(name, ArabicStemFilter::new);
        }));
        return filters;
    }

    private static AnalysisProvider<TokenFilterFactory> plain(UnaryOperator<TokenStream> filter) {
        return (index, environment, name, settings) -> new NormalizingTokenFilterFactory() {
            @Override public String name() { return name; }
            @Override public TokenStream create(TokenStream tokens) { return filter.apply(tokens); }
        };
    }

    private static TokenFilterFactory filter(String name, UnaryOperator<TokenStream> filter) {
        return new AbstractTokenFilterFactory(name) {
            @Override public TokenStream create(TokenStream tokens) { return filter.apply(tokens); }
        };
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        return PLAIN.entrySet().stream()
            .filter(entry -> !entry.getKey().equals("lowercase"))
            .map(entry -> PreConfiguredTokenFilter.singleton(entry.getKey(), true, entry.getValue()::apply))
            .toList();
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of("whitespace", (i, e, name, s) -> TokenizerFactory.newFactory(name, WhitespaceTokenizer::new));
    }

    @Override
    public List<PreConfiguredTokenizer> getPreConfiguredTokenizers() {
        return List.of(PreConfiguredTokenizer.singleton("whitespace", WhitespaceTokenizer::new));
    }

    @Override
    public List<RestHandler> getRestHandlers(
        RestHandlersServices services, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
        String name = services.settings().get("node.name");
        return List.of(new Greeting(name));
    }

    /** GET / and HEAD /. */
    private static final class Greeting extends BaseRestHandler {
        private final String node;

        Greeting(String node) { this.node = node; }

        @Override public String getName() { return "main_action"; }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            return channel -> {
                Build build = Build.current();
                XContentBuilder body = channel.newBuilder().startObject()
                    .field("name", node)
                    .field("cluster_name", node)
                    .startObject("version")
                    .field("number", build.version())
                    .field("build_flavor", build.flavor())
                    .field("lucene_version", org.apache.lucene.util.Version.LATEST.toString())
                    .endObject()
                    .field("tagline", "You Know, for Search")
                    .endObject();
                channel.sendResponse(new RestResponse(RestStatus.OK, body));
            };
        }
    }
}
