-- Both ends and one end alone are all that an end shows, and the cells sum to the stock: asked of one definition at the
-- last month end, province by province.
with

mirror as (
    select
        sum("both") as by_both,
        sum(only_origin) as only_origin,
        sum(only_destination) as only_destination,
        sum(by_origin) as by_origin,
        sum(by_destination) as by_destination
    from {{ ref('mirror') }}
    where as_of = {{ last_as_of() }} and definition_id = 'MPS_ZZRK' and level = 'province'
),

od as (
    select sum(persons) as persons
    from {{ ref('od') }}
    where as_of = {{ last_as_of() }} and definition_id = 'MPS_ZZRK'
)

select
    mirror.*,
    od.persons
from mirror
cross join od
where
    mirror.by_both + mirror.only_origin != mirror.by_origin
    or mirror.by_both + mirror.only_destination != mirror.by_destination
    or coalesce(mirror.by_both + mirror.only_origin + mirror.only_destination, 0) != coalesce(od.persons, 0)
