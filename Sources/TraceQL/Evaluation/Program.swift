/// A compiled query. Immutable, and a class so that copies are cheap and that state knows whose it is.
final class Program: Sendable {
    let projection: Projection
    let plan: FetchPlan
    let span: LoadLevel
    let event: LoadLevel
    let link: LoadLevel
    let resource: LoadLevel
    let scope: LoadLevel
    let trace: LoadLevel
    let filterTests: ContiguousArray<Int32>
    let spanWidth: Int

    let tests: ContiguousArray<ValueTest>
    let stringTests: [StringTest]
    let lists: [ListTest]
    let literals: [[UInt8]]
    let nodes: ContiguousArray<ExpressionNode>
    let places: ContiguousArray<LoadedPlace>
    let steps: ContiguousArray<ExpressionStep>

    let stages: [PipelineStage]
    /// Whether expressions see all values as they are, for `TraceFilter`.
    let isFull: Bool
    let report: ReportPlan
    /// Where the values are that were wanted beside those of the query.
    let loading: [[ValueSource]]
    /// Whether any of those is of the trace as a whole.
    let loadsTrace: Bool

    convenience init(
        _ pipeline: Pipeline, loading wanted: [Attribute], everything: Bool
    ) throws(SearchEvaluator.Failure) {
        let pipeline = pipeline.orToIn()
        try self.init(
            pipeline, FetchConditions(pipeline), isFull: false, loading: wanted, everything: everything)
    }

    /// A program whose expressions see all values as they are.
    convenience init(full filter: SpansetFilter) throws(SearchEvaluator.Failure) {
        let spanset = SpansetExpression(.filter(filter))
        let pipeline = Pipeline([PipelineElement(.spanset(spanset))]).orToIn()
        try self.init(pipeline, FetchConditions(full: pipeline), isFull: true, loading: [], everything: false)
    }

    private init(
        _ pipeline: Pipeline, _ conditions: FetchConditions, isFull: Bool, loading wanted: [Attribute],
        everything: Bool
    ) throws(SearchEvaluator.Failure) {
        self.isFull = isFull
        var planner = try FetchPlanner(conditions, isFull: isFull)
        var selected: [(Attribute, [ValueSource])] = []
        for attribute in conditions.selected { selected.append((attribute, planner.sources(of: attribute))) }
        var loading: [[ValueSource]] = []
        for attribute in wanted { loading.append(planner.sources(of: attribute)) }
        if everything { planner.needEverything() }
        try planner.checkSize()

        span = planner.loadLevel(.span)
        event = planner.loadLevel(.event)
        link = planner.loadLevel(.link)
        resource = planner.loadLevel(.resource)
        scope = planner.loadLevel(.scope)
        trace = planner.loadLevel(.trace)

        var compiler = PipelineCompiler(planner, isFull: isFull)
        stages = try compiler.stages(pipeline)
        let expressions = compiler.expressions
        planner = expressions.planner
        if compiler.relatesSpans { planner.needTree() }

        projection = planner.projection
        plan = planner.plan
        filterTests = planner.plan.filterTests
        spanWidth = planner.plan.spanWidth
        tests = planner.table.tests
        stringTests = planner.table.strings
        lists = planner.table.lists
        literals = expressions.literals
        nodes = expressions.nodes
        places = expressions.places
        steps = expressions.steps
        report = ReportPlan(planner.plan, selected)
        self.loading = loading
        loadsTrace = wanted.contains { $0.intrinsic?.level == .trace }
    }
}
