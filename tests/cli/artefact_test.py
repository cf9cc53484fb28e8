"""Every kind of artefact cut, lengthened, and in place of every other."""

from command_line import CommandLineTest
from readers import READERS, reading_command


class ArtefactTest(CommandLineTest):
    def test_every_kind_at_several_lengths(self):
        for kind in READERS:
            whole = getattr(self.shop, kind).read_bytes()
            victim = self.shop.root / f"cut_{kind}"
            command = reading_command(self.shop, kind, victim, self.out)
            self.shop.run(*command)  # makes what the command needs besides
            for length in (0, 127, 128, len(whole) // 2, len(whole) - 1):
                with self.subTest(kind=kind, length=length):
                    victim.write_bytes(whole[:length])
                    self.refused(5, *command, mentions=[victim])
            with self.subTest(kind=kind, length="one more"):
                victim.write_bytes(whole + b"\0")
                self.refused(5, *command, mentions=[victim])

    def test_every_kind_in_place_of_every_other(self):
        for wanted in READERS:
            for given in READERS:
                if given == wanted:
                    continue
                with self.subTest(wanted=wanted, given=given):
                    command = reading_command(self.shop, wanted, getattr(self.shop, given), self.out)
                    # Small kinds have small limits, which a large file exceeds before it is looked at.
                    before = self.shop.listing()
                    answer = self.shop.run(*command)
                    self.assertIn(answer.code, (7, 10), answer)
                    self.assertIn(str(getattr(self.shop, given)), self.check_message(answer, command[0]))
                    self.assertEqual(self.shop.listing(), before)
