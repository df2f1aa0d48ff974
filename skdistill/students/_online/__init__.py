"""Step 4 of five with a moving target: the student follows the teacher's stages."""

from skdistill.students._online._course import Course
from skdistill.students._online._registry import find_follower, follow

__all__ = ["Course", "find_follower", "follow"]
