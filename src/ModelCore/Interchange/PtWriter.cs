using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>Writes files that torch.load reads, also with weights_only: the layout of PyTorch 1.13, with the byte order that 2.1 added.</summary>
internal static class PtWriter
{
    /// <summary>Where the content of each entry begins, so that torch.load can map the file into memory.</summary>
    private const int Alignment = 64;

    private const string FormatVersion = "3\n";

    /// <summary>Writes a value of the kinds that <see cref="PickledDictionary"/> lists; the file is there whole or not at all.</summary>
    /// <param name="path">The file; its name without ending is that of the folder in the archive, as torch.save does it.</param>
    /// <param name="root">What is saved.</param>
    public static void Write(string path, object? root) => DurableFiles.Replace(path, stream =>
    {
        string folder = Path.GetFileNameWithoutExtension(path);
        var (pickle, storages) = PickleWriter.Write(root);
        var zip = new ZipWriter(stream);
        zip.Add($"{folder}/data.pkl", pickle);
        zip.Add($"{folder}/byteorder", "little"u8);
        for (int key = 0; key < storages.Count; key++)
            zip.Add($"{folder}/data/{key}", storages[key].Read());
        zip.Add($"{folder}/version", Encoding.ASCII.GetBytes(FormatVersion));
        zip.Complete();
    });

    /// <summary>Stored entries one after another, and the directory at the end.</summary>
    private sealed class ZipWriter(Stream stream)
    {
        private const ushort Version = 20;
        private const ushort FirstOfJanuary1980 = 0x21;
        private const ushort PaddingField = 0x4246;          // 'FB', as torch.save names its padding
        private readonly MemoryStream _directory = new();
        private long _position;
        private int _count;

        public void Add(string name, ReadOnlySpan<byte> content)
        {
            byte[] nameBytes = Encoding.UTF8.GetBytes(name);
            int before = (int)((_position + StoredZip.LocalLength + nameBytes.Length + 4) % Alignment);
            int padding = (Alignment - before) % Alignment;
            byte[] fields = new byte[20];                    // what both headers have: from flags to length
            BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(6), FirstOfJanuary1980);
            BinaryPrimitives.WriteUInt32LittleEndian(fields.AsSpan(8), Crc32.HashToUInt32(content));
            BinaryPrimitives.WriteUInt32LittleEndian(fields.AsSpan(12), checked((uint)content.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(fields.AsSpan(16), checked((uint)content.Length));

            _directory.Write(Bytes(StoredZip.DirectorySignature, Version, Version));
            _directory.Write(fields);
            _directory.Write(Bytes((ushort)nameBytes.Length, 0, 0, 0, 0, 0, 0));   // no extra field, comment, disk, attributes
            _directory.Write(Bytes(checked((uint)_position)));
            _directory.Write(nameBytes);

            Put(Bytes(StoredZip.LocalSignature, Version));
            Put(fields);
            Put(Bytes((ushort)nameBytes.Length, (ushort)(4 + padding)));
            Put(nameBytes);
            Put(Bytes(PaddingField, (ushort)padding));
            Put(new byte[padding]);
            Put(content);
            _count++;
        }

        public void Complete()
        {
            var end = new byte[StoredZip.EndLength];
            BinaryPrimitives.WriteUInt32LittleEndian(end, StoredZip.EndSignature);
            BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), checked((ushort)_count));
            BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), checked((ushort)_count));
            BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), checked((uint)_directory.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), checked((uint)_position));
            Put(_directory.ToArray());
            Put(end);
        }

        private void Put(ReadOnlySpan<byte> bytes)
        {
            stream.Write(bytes);
            _position += bytes.Length;
        }

        private static byte[] Bytes(uint signature, params ReadOnlySpan<ushort> numbers)
        {
            byte[] bytes = new byte[4 + 2 * numbers.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, signature);
            Bytes(numbers).CopyTo(bytes, 4);
            return bytes;
        }

        private static byte[] Bytes(params ReadOnlySpan<ushort> numbers)
        {
            byte[] bytes = new byte[2 * numbers.Length];
            for (int i = 0; i < numbers.Length; i++)
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), numbers[i]);
            return bytes;
        }
    }
}
