namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>A small generator (Steele, Lea and Flood) whose numbers do not depend on the version of the runtime.</summary>
internal sealed class SplitMix(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>0 to 1, 1 excluded.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1ul << 53));

    /// <summary>Standard normal, by Box and Muller.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    public void Shuffle(int[] values)
    {
        for (var index = values.Length - 1; index > 0; index--)
        {
            var other = (int)(Next() % (ulong)(index + 1));
            (values[index], values[other]) = (values[other], values[index]);
        }
    }

    private ulong Next()
    {
        var mixed = _state += 0x9E37_79B9_7F4A_7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
