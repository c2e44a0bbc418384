-- 常住 = 户籍 − 外出 + 流入, in every cell; where nothing is registered, nothing is said of residents.
select
    as_of,
    definition_id,
    level,
    division_code
from {{ ref('resident') }}
where
    persons is distinct from hukou_population - away + here
    or persons_unknown != away_unknown + here_unknown
    or (hukou_population is null) != (hukou_period is null and coalesce(hukou_population, 1) != 0)
