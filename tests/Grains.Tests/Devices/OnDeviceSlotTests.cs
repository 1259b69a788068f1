using System.Net;
using Orleans.Runtime;
using RadioDiffusion.Grains.Devices;

namespace RadioDiffusion.Grains.Tests.Devices;

public sealed class OnDeviceSlotTests
{
    [Fact]
    public void Grains_AreOnTheSlotOfTheirNumber_WhateverOrderTheSilosAreNamedIn()
    {
        (SiloAddress, int)[] silos = [(Silo(3), 1), (Silo(1), 2), (Silo(4), 0), (Silo(2), 1)];
        Assert.Equal([Silo(1), Silo(1), Silo(2), Silo(3), Silo(1), Silo(1)], Enumerable.Range(0, 6).Select(number => OnDeviceSlotDirector.SiloOf(number, silos)));
        Assert.Equal(Silo(3), OnDeviceSlotDirector.SiloOf(3, silos.Reverse()));
    }

    [Fact]
    public void WithoutADevice_ThereIsNoPlace() => Assert.Null(OnDeviceSlotDirector.SiloOf(0, [(Silo(1), 0)]));

    private static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Loopback, 11110 + number, 1);
}
