using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed partial class FakeIngestion
{
    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context)
    {
        var all = Matching(request.Source, request.State, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros);
        var page = all.Where(letter => letter.Id > Token(request.PageToken)).Take(request.PageSize).ToList();
        return Task.FromResult(new ListDeadLettersResponse
        {
            DeadLetters = { page }, Matching = all.Count, NextPageToken = page.Count == request.PageSize ? page[^1].Id.ToString(System.Globalization.CultureInfo.InvariantCulture) : "",
        });
    }

    public override Task<ReplayDeadLetterResponse> ReplayDeadLetter(ReplayDeadLetterRequest request, ServerCallContext context)
    {
        var letter = Letters(request.Source).Single(letter => letter.Id == request.Id);
        if (!IsMended(letter, request.Payload.IsEmpty ? letter.Payload : request.Payload))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "field 'dep_delay': 'late' is not a double."));
        }

        world.DeadLetterStates[request.Id] = DeadLetterState.Replayed;
        return Task.FromResult(new ReplayDeadLetterResponse { Accepted = true, LastPosition = world.Total(161_234, 620) });
    }

    public override Task<ReplayDeadLettersResponse> ReplayDeadLetters(ReplayDeadLettersRequest request, ServerCallContext context)
    {
        var all = Matching(request.Source, DeadLetterState.Waiting, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros);
        var valid = all.Where(letter => IsMended(letter, letter.Payload)).ToList();
        valid.ForEach(letter => world.DeadLetterStates[letter.Id] = DeadLetterState.Replayed);
        return Task.FromResult(new ReplayDeadLettersResponse { Accepted = valid.Count, StillInvalid = all.Count - valid.Count });
    }

    public override Task<DeadLetter> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        world.DeadLetterStates[request.Id] = DeadLetterState.Discarded;
        return Task.FromResult(new DeadLetter { Id = request.Id, Source = request.Source, State = DeadLetterState.Discarded });
    }

    public override Task<DiscardDeadLettersResponse> DiscardDeadLetters(DiscardDeadLettersRequest request, ServerCallContext context)
    {
        var all = Matching(request.Source, DeadLetterState.Waiting, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros);
        all.ForEach(letter => world.DeadLetterStates[letter.Id] = DeadLetterState.Discarded);
        return Task.FromResult(new DiscardDeadLettersResponse { Discarded = all.Count });
    }

    // What is wrong with every third cannot be mended by trying again, but by writing a number.
    private static bool IsMended(DeadLetter letter, ByteString payload) => letter.Id % 3 != 0 || !payload.ToStringUtf8().Contains("late", StringComparison.Ordinal);

    private static long Token(string token) => token.Length == 0 ? 0 : long.Parse(token, System.Globalization.CultureInfo.InvariantCulture);

    private List<DeadLetter> Matching(string source, DeadLetterState state, string field, string eventId, string reason, long from, long until) =>
    [
        .. Letters(source).Where(letter =>
            letter.State == state && (field.Length == 0 || letter.Field == field) && (eventId.Length == 0 || letter.EventId == eventId)
            && letter.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase) && letter.CreatedTimestampMicros >= from
            && (until == 0 || letter.CreatedTimestampMicros < until)),
    ];

    private IEnumerable<DeadLetter> Letters(string source) => source switch
    {
        "departures" => Letters(source, 1, 12),
        "weather" => Letters(source, 101, 30),
        _ => [],
    };

    private IEnumerable<DeadLetter> Letters(string source, int first, int count) => Enumerable.Range(first, count).Select(id => new DeadLetter
    {
        Id = id,
        Source = source,
        EventId = $"2013-08-14-AS-{400 + id}",
        Row = 37 + id,
        Field = id % 3 == 0 ? "dep_delay" : "event_timestamp",
        Reason = id % 3 == 0 ? "'late' is not a double." : "The event timestamp 9999-12-31T00:00:00Z is more than one day ahead.",
        Payload = ByteString.CopyFrom(Encoding.UTF8.GetBytes($$"""{"carrier":"AS","flight":{{400 + id}},"dep_delay":"late"}""")),
        Original = id % 2 == 0 ? ByteString.CopyFrom(Encoding.UTF8.GetBytes($"AS;{400 + id};late\r\n")) : ByteString.Empty,
        CreatedTimestampMicros = world.Ago(TimeSpan.FromMinutes(id * 7)),
        EventTimestampMicros = id == 9 ? FlightsWorld.Replay(TimeSpan.FromMinutes(9)) : 0,
        State = world.DeadLetterStates.GetValueOrDefault(id),
    });
}
