using System.Text;
using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public class EventFileTests
{
    private static readonly DateTimeOffset _time = new(2026, 1, 2, 3, 4, 5, 250, TimeSpan.Zero);

    /// <summary>RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aau)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794eu)]
    [InlineData("1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113fdb5cu)]
    [InlineData("313233343536373839", 0xe3069283u)]
    public void Checksum_OfPublishedVectors_IsThePublishedOne(string bytes, uint expected)
    {
        Assert.Equal(expected, EventFileWriter.Checksum(Convert.FromHexString(bytes)));
        Assert.Equal(expected, EventFileReader.Crc32C(Convert.FromHexString(bytes)));
    }

    /// <summary>The first record of every event file, by hand: 24 bytes of message; time 0, version brain.Event:2.</summary>
    [Fact]
    public void Begin_AtTheEpoch_IsTheRecordWrittenByHand()
    {
        byte[] file = Written(DateTimeOffset.UnixEpoch, _ => { });
        byte[] message = [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x1a, 13, .. Encoding.ASCII.GetBytes("brain.Event:2")];
        Assert.Equal([(byte)message.Length, 0, 0, 0, 0, 0, 0, 0], file[..8]);
        Assert.Equal(message, file[12..^4]);
    }

    [Fact]
    public void Events_ReadByAnotherReader_AreTheOnesWritten()
    {
        byte[] png = Picture.Png(new float[6], 3, 2);
        var events = EventFileReader.Read(Written(_time, file =>
        {
            file.Scalar("loss", 1, 0.75);
            file.Scalar("loss", 200_000, 1e-9);
            file.Scalar("loss", 3, double.NaN);
            file.Image("samples", 300, png);
        }));
        Assert.Equal(["brain.Event:2", "loss", "loss", "samples"], events.Select(read => read.Tag));
        Assert.Equal([0, 1, 200_000, 300], events.Select(read => read.Step));
        Assert.Equal([null, 0.75f, 1e-9f, null], events.Select(read => read.Value));
        Assert.Equal(png, events[3].Png);
        Assert.Equal((3, 2), (events[3].Width, events[3].Height));
        Assert.All(events, read => Assert.Equal(_time.ToUnixTimeMilliseconds() / 1000.0, read.WallTime));
    }

    [Fact]
    public void File_WithAChangedBit_IsFoundOut()
    {
        byte[] file = Written(_time, events => events.Scalar("loss", 1, 0.5));
        foreach (int at in new[] { 0, 8, 20, file.Length - 1 })
        {
            file[at] ^= 1;
            Assert.Throws<InvalidDataException>(() => EventFileReader.Read(file));
            file[at] ^= 1;
        }
        Assert.Equal(2, EventFileReader.Read(file).Count);
    }

    private static byte[] Written(DateTimeOffset time, Action<EventFileWriter> write)
    {
        using var stream = new MemoryStream();
        var file = new EventFileWriter(stream, time);
        file.Begin();
        write(file);
        return stream.ToArray();
    }
}
