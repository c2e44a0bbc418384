-- Left, then arrived, then ended; what is known as an interval is one.
select *
from {{ ref('stay') }}
where
    left_hukou_date > coalesce(arrived_date, arrived_before)
    or left_hukou_before > coalesce(arrived_date, arrived_before)
    or left_hukou_after >= left_hukou_before
    or (left_hukou_after is null) <> (left_hukou_before is null)
    or (left_hukou_date is not null and left_hukou_before is not null)
    or arrived_date > coalesce(ended_date, ended_before)
    or arrived_date > ended_after
    or arrived_before > ended_date
    or arrived_after > arrived_before
    or ended_after >= ended_before
    or (arrived_date is null) = (arrived_before is null)
    or (ended_date is not null and (ended_after is not null or ended_before is not null))
    or (end_kind is null and (ended_date is not null or ended_after is not null or ended_before is not null))
