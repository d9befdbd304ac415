"""What FTP teaches the agent: users, and the ProFTPD that lets them in."""

from gasthof.agent.kinds import Fixture, Kind
from gasthof.agent.sdk.tools import Reloadable
from gasthof.slices.ftp.node import facts, plan
from gasthof.slices.ftp.node.configuration import EXECUTABLE, pid_file
from gasthof.slices.ftp.node.host_key import fingerprints
from gasthof.slices.ftp.node.sessions import Sessions
from gasthof.slices.ftp.spec import FtpUserSpec

KINDS = (
    Kind(plan.KIND, FtpUserSpec, 1, 50, lambda spec: str(spec.subscription), facts.users, plan.user, facts.present),
)
FIXTURES = (Fixture("ftp.base", facts.base, plan.base),)
OFFERS = {"sftp": fingerprints}
SERVICES = {"ftp": Sessions}
TOOLS = {"proftpd": EXECUTABLE}
RELOADS = {"proftpd": Reloadable(pid_file, EXECUTABLE)}
